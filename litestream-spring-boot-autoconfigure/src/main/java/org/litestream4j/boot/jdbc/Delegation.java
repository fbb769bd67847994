package org.litestream4j.boot.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

import org.jspecify.annotations.Nullable;

/**
 * A JDBC object that stands for another one. Equal to what it stands for and to others
 * that stand for the same, so that pools find their objects again.
 */
abstract class Delegation implements InvocationHandler {

	private final Object target;

	Delegation(Object target) {
		this.target = target;
	}

	static <T> T proxy(Class<T> type, Delegation delegation) {
		return type
			.cast(Proxy.newProxyInstance(Delegation.class.getClassLoader(), new Class<?>[] { type }, delegation));
	}

	/** Calls the method on the target, and throws what it throws. */
	final @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
		try {
			return method.invoke(this.target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	/** Calls a method that is the same for every kind of JDBC object. */
	final @Nullable Object callCommon(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		if (arguments == null || arguments.length != 1) {
			return call(method, arguments);
		}
		return switch (method.getName()) {
			case "equals" -> proxy == arguments[0] || this.target.equals(targetOf(arguments[0]));
			case "unwrap" -> isType(arguments[0], proxy) ? proxy
					: isType(arguments[0], this.target) ? this.target : call(method, arguments);
			case "isWrapperFor" -> isType(arguments[0], proxy) || isType(arguments[0], this.target)
					|| Boolean.TRUE.equals(call(method, arguments));
			default -> call(method, arguments);
		};
	}

	private static boolean isType(@Nullable Object type, Object object) {
		return type instanceof Class<?> wanted && wanted.isInstance(object);
	}

	static @Nullable Object targetOf(@Nullable Object object) {
		boolean delegates = object != null && Proxy.isProxyClass(object.getClass())
				&& Proxy.getInvocationHandler(object) instanceof Delegation;
		return delegates ? ((Delegation) Proxy.getInvocationHandler(object)).target : object;
	}

}
