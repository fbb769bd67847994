package org.litestream4j.boot.replication;

import java.io.Serial;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.ComposablePointcut;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.MethodClassKey;
import org.springframework.core.annotation.AnnotatedElementUtils;

import org.litestream4j.boot.OnTimeout;
import org.litestream4j.boot.ReplicatedCommit;

/**
 * Has beans with {@link ReplicatedCommit} wait, by an advice around all others that a
 * bean has, so that its transaction has ended, and its connection is free, before it
 * waits. Needs no auto-proxying, and no AspectJ.
 */
public class ReplicatedCommitPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

	@Serial
	private static final long serialVersionUID = 1;

	/**
	 * Creates it.
	 * @param subclasses whether a bean is stood for by an object of a subclass of its own
	 */
	public ReplicatedCommitPostProcessor(boolean subclasses) {
		setBeforeExistingAdvisors(true);
		setProxyTargetClass(subclasses);
		ComposablePointcut pointcut = new ComposablePointcut(
				new AnnotationMatchingPointcut(ReplicatedCommit.class, true));
		pointcut.union(new AnnotationMatchingPointcut(null, ReplicatedCommit.class, true));
		this.advisor = new DefaultPointcutAdvisor(pointcut, new Interceptor());
	}

	/** Reads what is said at each method once. */
	private static final class Interceptor implements MethodInterceptor {

		private final Map<MethodClassKey, CommitTerms> terms = new ConcurrentHashMap<>();

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			Object target = invocation.getThis();
			Class<?> type = (target != null) ? AopUtils.getTargetClass(target)
					: invocation.getMethod().getDeclaringClass();
			CommitTerms terms = this.terms.computeIfAbsent(new MethodClassKey(invocation.getMethod(), type),
					(key) -> terms(invocation.getMethod(), type));
			try {
				return ReplicatedScope.<@Nullable Object, Exception>run(terms, () -> proceed(invocation));
			}
			catch (Checked ex) {
				throw ex.getCause();
			}
		}

		private static @Nullable Object proceed(MethodInvocation invocation) throws Exception {
			try {
				return invocation.proceed();
			}
			catch (Exception | Error ex) {
				throw ex;
			}
			catch (Throwable ex) {
				throw new Checked(ex);
			}
		}

		private static CommitTerms terms(Method method, Class<?> type) {
			Method specific = AopUtils.getMostSpecificMethod(method, type);
			ReplicatedCommit said = AnnotatedElementUtils.findMergedAnnotation(specific, ReplicatedCommit.class);
			if (said == null) {
				said = AnnotatedElementUtils.findMergedAnnotation(type, ReplicatedCommit.class);
			}
			if (said == null) {
				return CommitTerms.CONFIGURED;
			}
			return new CommitTerms((said.replicas() != 0) ? (Integer) said.replicas() : null,
					said.timeout().isEmpty() ? null : timeout(said.timeout(), specific),
					onTimeout(said.onTimeout(), specific));
		}

		private static Duration timeout(String text, Method method) {
			try {
				Duration timeout = DurationStyle.detectAndParse(text);
				if (!timeout.isNegative() && !timeout.isZero()) {
					return timeout;
				}
			}
			catch (IllegalArgumentException ex) {
				// as below
			}
			throw new IllegalStateException(
					"@ReplicatedCommit of %s has the timeout '%s': a duration of more than zero is expected, such as 2s"
						.formatted(method, text));
		}

		private static @Nullable OnTimeout onTimeout(OnTimeout[] said, Method method) {
			if (said.length > 1) {
				throw new IllegalStateException(
						"@ReplicatedCommit of %s has %d values of onTimeout: one at most is expected".formatted(method,
								said.length));
			}
			return (said.length == 1) ? said[0] : null;
		}

	}

	/** Takes what is neither an exception nor an error out of a scope. */
	private static final class Checked extends Exception {

		@Serial
		private static final long serialVersionUID = 1;

		private final Throwable thrown;

		Checked(Throwable thrown) {
			super(thrown);
			this.thrown = thrown;
		}

		@Override
		public synchronized Throwable getCause() {
			return this.thrown;
		}

	}

}
