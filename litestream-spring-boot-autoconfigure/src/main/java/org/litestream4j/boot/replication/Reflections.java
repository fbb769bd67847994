package org.litestream4j.boot.replication;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import javax.sql.CommonDataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * What can be read off a {@code DataSource} of a kind that is not known here: its
 * properties, by the names that pools give them, and other {@code DataSource}s that it
 * holds. What cannot be read is as if it was not there.
 */
final class Reflections {

	private Reflections() {
	}

	/** The value of the first property that there is and that has the type. */
	static <T> @Nullable T property(Object object, Class<T> type, String... getters) {
		return Arrays.stream(getters)
			.map((getter) -> ReflectionUtils.findMethod(object.getClass(), getter))
			.filter(Objects::nonNull)
			.map((getter) -> call(object, getter))
			.filter(type::isInstance)
			.map(type::cast)
			.findFirst()
			.orElse(null);
	}

	private static @Nullable Object call(Object object, Method getter) {
		try {
			ReflectionUtils.makeAccessible(getter);
			return getter.invoke(object);
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			return null;
		}
	}

	/** The data sources in the fields of an object, or of the handler of a proxy. */
	static List<CommonDataSource> held(Object object) {
		Object holder = Proxy.isProxyClass(object.getClass()) ? Proxy.getInvocationHandler(object) : object;
		List<CommonDataSource> held = new ArrayList<>();
		for (Class<?> type = holder.getClass(); type != null && !isOfJdk(type); type = type.getSuperclass()) {
			Stream.of(type.getDeclaredFields())
				.filter((field) -> !Modifier.isStatic(field.getModifiers()))
				.map((field) -> value(holder, field))
				.filter(CommonDataSource.class::isInstance)
				.map(CommonDataSource.class::cast)
				.forEach(held::add);
		}
		return held;
	}

	private static boolean isOfJdk(Class<?> type) {
		return type.getName().startsWith("java.");
	}

	private static @Nullable Object value(Object holder, Field field) {
		try {
			field.setAccessible(true);
			return field.get(holder);
		}
		catch (IllegalAccessException | RuntimeException ex) {
			return null;
		}
	}

}
