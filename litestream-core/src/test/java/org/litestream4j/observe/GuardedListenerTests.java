package org.litestream4j.observe;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

class GuardedListenerTests {

	private static final WalPosition POSITION = WalPosition.parse("75949f9e3948e859/00000003:000020e0");

	@Test
	void whatAListenerThrowsIsKeptFromTheCaller() {
		List<String> heard = new ArrayList<>();
		LitestreamListener broken = new LitestreamListener() {
			@Override
			public void replicationStarted(String database, WalPosition position) {
				heard.add(database);
				throw new IllegalStateException("broken");
			}

			@Override
			public void replicationStopped(String database, WalPosition position) {
				heard.add(database);
				throw new NoClassDefFoundError("missing");
			}
		};
		LitestreamListener guarded = GuardedListener.of(broken);
		assertThatNoException().isThrownBy(() -> guarded.replicationStarted("app", POSITION));
		assertThatNoException().isThrownBy(() -> guarded.replicationStopped("other", POSITION));
		assertThat(heard).containsExactly("app", "other");
	}

	@Test
	void guardedListenerIsNotGuardedTwice() {
		GuardedListener guarded = GuardedListener.of(LitestreamListener.NONE);
		assertThat(GuardedListener.of(guarded)).isSameAs(guarded);
	}

	@Test
	void everyEventIsForwarded() {
		assertThat(signatures(ForwardingListener.class)).containsAll(signatures(LitestreamListener.class));
	}

	private static List<String> signatures(Class<?> type) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter(GuardedListenerTests::isEvent)
			.map((method) -> method.getName() + Arrays.toString(method.getParameterTypes()))
			.toList();
	}

	private static boolean isEvent(Method method) {
		return !method.isSynthetic() && method.getReturnType() == void.class && !method.getName().equals("forward");
	}

}
