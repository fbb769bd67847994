package org.litestream4j.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Has a method of a bean return only when replicas hold what it has committed, as
 * {@link Litestream#replicated} does; on a class, each of its methods. What is not given
 * is as {@code litestream.replicated-commit.*} says for the database, whose
 * {@code enabled} does not matter. Whoever calls a method of the same object bypasses it.
 */
@Target({ ElementType.METHOD, ElementType.TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
public @interface ReplicatedCommit {

	/**
	 * How many replicas are to hold it.
	 * @return 1 to all; 0 for as many as are configured
	 */
	int replicas() default 0;

	/**
	 * How long to wait.
	 * @return a duration such as {@code 2s}; empty for the one that is configured
	 */
	String timeout() default "";

	/**
	 * What to do if they do not in time.
	 * @return one; none for what is configured
	 */
	OnTimeout[] onTimeout() default {};

}
