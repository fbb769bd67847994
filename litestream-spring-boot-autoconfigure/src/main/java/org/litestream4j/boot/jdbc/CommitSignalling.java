package org.litestream4j.boot.jdbc;

import java.sql.Connection;

import javax.sql.DataSource;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopConfigException;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Marks a {@code DataSource} whose connections say when something may have been
 * committed.
 */
public interface CommitSignalling {

	/**
	 * Stands for a {@code DataSource} in every respect: whoever wants it by its class, as
	 * an injection point or another {@code @Bean} method does, or by one of its
	 * interfaces gets it, and who reads its fields, as Spring Boot does for the figures
	 * of a pool, finds what they are now. Only a class that cannot be extended is stood
	 * for by its interfaces alone.
	 * @param target opens the connections, or pools them
	 * @param commits hears of the commits of its connections
	 */
	static DataSource around(DataSource target, Commits commits) {
		return around(target, CommitSignal.to(commits));
	}

	/**
	 * As {@link #around(DataSource, Commits)}, for one whose connections may lead to
	 * several databases.
	 * @param target opens the connections, or pools them
	 * @param signal says who hears of the commits of a connection
	 */
	static DataSource around(DataSource target, CommitSignal signal) {
		Interceptor interceptor = new Interceptor(new ConnectionSignals(signal));
		ClassLoader loader = target.getClass().getClassLoader();
		if (loader != null && ClassUtils.isVisible(CommitSignalling.class, loader)) {
			try {
				Object proxy = factory(target, interceptor, true).getProxy(loader);
				if (target.getClass().isInstance(proxy)) {
					ReflectionUtils.shallowCopyFieldState(target, proxy);
				}
				return (DataSource) proxy;
			}
			catch (AopConfigException ex) {
				// A final class, or one out of sight: its interfaces remain
			}
		}
		return (DataSource) factory(target, interceptor, false).getProxy(CommitSignalling.class.getClassLoader());
	}

	private static ProxyFactory factory(DataSource target, Interceptor interceptor, boolean subclass) {
		ProxyFactory factory = new ProxyFactory(target);
		factory.setProxyTargetClass(subclass);
		factory.addInterface(CommitSignalling.class);
		factory.addAdvice(interceptor);
		return factory;
	}

	/** Wraps what comes out, and unwraps what goes in. */
	final class Interceptor implements MethodInterceptor {

		private final ConnectionSignals signals;

		private Interceptor(ConnectionSignals signals) {
			this.signals = signals;
		}

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			@Nullable Object[] arguments = invocation.getArguments();
			for (int i = 0; i < arguments.length; i++) {
				// SmartDataSource.shouldClose compares with the connection it gave
				arguments[i] = Delegation.targetOf(arguments[i]);
			}
			Object result = invocation.proceed();
			boolean opened = invocation.getMethod().getName().equals("getConnection");
			return (opened && result instanceof Connection connection) ? this.signals.add(connection) : result;
		}

	}

}
