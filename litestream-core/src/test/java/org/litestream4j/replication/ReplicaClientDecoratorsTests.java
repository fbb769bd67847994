package org.litestream4j.replication;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.replica.ObservedReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.testing.DelegatingReplicaClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What stands around a {@link ReplicaClient} forwards its default methods too: one that
 * it does not forward would answer as if the store knew nothing.
 */
class ReplicaClientDecoratorsTests {

	@ParameterizedTest
	@ValueSource(classes = { NotingReplicaClient.class, ObservedReplicaClient.class, DelegatingReplicaClient.class })
	void everyMethodIsForwarded(Class<?> decorator) {
		assertThat(Arrays.stream(ReplicaClient.class.getMethods())
			.filter((method) -> !Modifier.isStatic(method.getModifiers()))
			.filter((method) -> !isDeclared(decorator, method))
			.map(Method::getName)).isEmpty();
	}

	private static boolean isDeclared(Class<?> decorator, Method method) {
		return Arrays.stream(decorator.getDeclaredMethods())
			.anyMatch((declared) -> declared.getName().equals(method.getName())
					&& Arrays.equals(declared.getParameterTypes(), method.getParameterTypes()));
	}

}
