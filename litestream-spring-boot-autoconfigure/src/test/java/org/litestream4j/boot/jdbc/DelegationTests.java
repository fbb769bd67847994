package org.litestream4j.boot.jdbc;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Delegation}: whatever JDBC there is reaches what is stood for.
 */
class DelegationTests {

	private static final Map<Class<?>, Object> VALUES = Map.of(boolean.class, true, byte.class, (byte) 1, short.class,
			(short) 2, int.class, 3, long.class, 4L, float.class, 5f, double.class, 6d, String.class, "SELECT 1",
			Class.class, Runnable.class);

	/** What was called, by name and arguments. */
	private final List<String> calls = new ArrayList<>();

	@ParameterizedTest
	@ValueSource(classes = { Connection.class, Statement.class, PreparedStatement.class, ResultSet.class })
	void eachMethodReachesWhatIsStoodFor(Class<? extends Wrapper> type) throws ReflectiveOperationException {
		List<Method> methods = Arrays.stream(type.getMethods())
			.filter((method) -> !Modifier.isStatic(method.getModifiers()))
			.filter((method) -> method.getDeclaringClass() != Wrapper.class)
			.toList();
		assertThat(methods).hasSizeGreaterThan(40);
		for (Method method : methods) {
			Object delegation = around(type);
			Object[] arguments = Arrays.stream(method.getParameterTypes()).map(this::value).toArray();
			this.calls.clear();
			method.invoke(delegation, arguments);
			if (!isItsOwn(method)) {
				assertThat(this.calls).as(method.toString()).contains(call(method, arguments));
			}
		}
	}

	/** These return what the application has, not what the driver has. */
	private static boolean isItsOwn(Method method) {
		return method.getName().equals("getConnection") || method.getName().equals("getStatement");
	}

	@Test
	void equalsWhatIsStoodForAndItsLike() {
		Connection target = stub(Connection.class);
		Connection other = stub(Connection.class);
		Connection delegation = new SignallingConnection(target, prepared());
		assertThat(delegation).isEqualTo(new SignallingConnection(target, prepared()))
			.hasSameHashCodeAs(target)
			.isNotEqualTo(new SignallingConnection(other, prepared()))
			.isNotEqualTo(null);
		assertThat(Delegation.targetOf(delegation)).isSameAs(target);
		assertThat(Delegation.targetOf(other)).isSameAs(other);
	}

	@Test
	void unwrapsToItselfThenToItsTargetThenToWhatThatHas() throws SQLException {
		Connection target = stub(Connection.class);
		Connection delegation = new SignallingConnection(target, prepared());
		assertThat(delegation.unwrap(Connection.class)).isSameAs(delegation);
		assertThat(delegation.unwrap(target.getClass())).isSameAs(target);
		assertThat(this.calls).doesNotContain("unwrap[interface java.lang.Runnable]");
		delegation.unwrap(Runnable.class);
		assertThat(this.calls).contains("unwrap[interface java.lang.Runnable]");
	}

	private Object around(Class<? extends Wrapper> type) {
		SignallingConnection connection = new SignallingConnection(stub(Connection.class), prepared());
		if (type == Connection.class) {
			return connection;
		}
		if (type == Statement.class) {
			return new SignallingStatement(stub(Statement.class), connection);
		}
		if (type == PreparedStatement.class) {
			return new SignallingPreparedStatement(stub(PreparedStatement.class), connection, "INSERT");
		}
		return new SignallingRows(stub(ResultSet.class), new SignallingStatement(stub(Statement.class), connection));
	}

	private static ConnectionSignals.Prepared prepared() {
		return new ConnectionSignals.Prepared(() -> {
		}, new CommitWatch());
	}

	private <T> T stub(Class<T> type) {
		InvocationHandler handler = (proxy, method, arguments) -> {
			if (method.getName().equals("equals")) {
				return proxy == arguments[0];
			}
			if (method.getName().equals("hashCode")) {
				return System.identityHashCode(proxy);
			}
			this.calls.add(call(method, arguments));
			return (method.getReturnType() == void.class || !method.getReturnType().isPrimitive()) ? null
					: value(method.getReturnType());
		};
		return type.cast(Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { type }, handler));
	}

	private static String call(Method method, Object @Nullable [] arguments) {
		return method.getName() + Arrays.toString((arguments != null) ? arguments : new Object[0]);
	}

	/** Something of a type; null where nothing can be made. */
	@Nullable private Object value(Class<?> type) {
		return type.isArray() ? Array.newInstance(type.getComponentType(), 0) : VALUES.get(type);
	}

}
