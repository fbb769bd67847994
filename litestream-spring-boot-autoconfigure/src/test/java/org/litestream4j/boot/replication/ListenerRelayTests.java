package org.litestream4j.boot.replication;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.context.support.GenericApplicationContext;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ListenerRelay}.
 */
class ListenerRelayTests {

	private final List<String> heard = new ArrayList<>();

	private GenericApplicationContext context(LitestreamListener... listeners) {
		GenericApplicationContext context = new AnnotationConfigApplicationContext();
		for (int i = 0; i < listeners.length; i++) {
			LitestreamListener listener = listeners[i];
			context.registerBean("listener" + i, LitestreamListener.class, () -> listener);
		}
		context.refresh();
		return context;
	}

	private LitestreamListener recording(String name) {
		return new LitestreamListener() {
			@Override
			public void replicaRecovered(String database, String replica, Duration after) {
				ListenerRelayTests.this.heard.add(name + ":" + replica);
			}
		};
	}

	@Test
	void whatIsToldEarlyIsPassedOnInOrder() {
		try (GenericApplicationContext context = context(recording("a"), recording("b"))) {
			ListenerRelay relay = new ListenerRelay(context, context.getBeanProvider(LitestreamListener.class));
			relay.listener().replicaRecovered("db", "1", Duration.ZERO);
			relay.listener().replicaRecovered("db", "2", Duration.ZERO);
			assertThat(this.heard).isEmpty();
			relay.onApplicationEvent(new ContextRefreshedEvent(context));
			relay.listener().replicaRecovered("db", "3", Duration.ZERO);
			assertThat(this.heard).containsExactly("a:1", "b:1", "a:2", "b:2", "a:3", "b:3");
		}
	}

	@Test
	void longStartUpDropsNothingThatSomebodyHasToKnow() {
		try (GenericApplicationContext context = context(recording("a"))) {
			ListenerRelay relay = new ListenerRelay(context, context.getBeanProvider(LitestreamListener.class));
			for (int i = 0; i < 20_000; i++) {
				relay.listener().synced("db", 0, Duration.ZERO, Outcome.SUCCESS);
			}
			relay.listener().replicaRecovered("db", "1", Duration.ZERO);
			relay.onApplicationEvent(new ContextRefreshedEvent(context));
			assertThat(this.heard).containsExactly("a:1");
		}
	}

	@Test
	void anotherContextsRefreshIsNotWaitedFor() {
		try (GenericApplicationContext context = context(recording("a")); GenericApplicationContext other = context()) {
			ListenerRelay relay = new ListenerRelay(context, context.getBeanProvider(LitestreamListener.class));
			relay.listener().replicaRecovered("db", "1", Duration.ZERO);
			relay.onApplicationEvent(new ContextRefreshedEvent(other));
			assertThat(this.heard).isEmpty();
		}
	}

	@Test
	void listenerThatFailsDoesNotKeepOthersFromHearing() {
		LitestreamListener failing = new LitestreamListener() {
			@Override
			public void replicaRecovered(String database, String replica, Duration after) {
				throw new IllegalStateException("meant to fail");
			}
		};
		try (GenericApplicationContext context = context(failing, recording("b"))) {
			ListenerRelay relay = new ListenerRelay(context, context.getBeanProvider(LitestreamListener.class));
			relay.onApplicationEvent(new ContextRefreshedEvent(context));
			relay.listener().replicaRecovered("db", "1", Duration.ZERO);
			assertThat(this.heard).containsExactly("b:1");
		}
	}

	@Test
	void listenerMayTellSomethingItselfWhileItIsCaughtUp() {
		ListenerRelay[] relay = new ListenerRelay[1];
		LitestreamListener telling = new LitestreamListener() {
			@Override
			public void replicaRecovered(String database, String replica, Duration after) {
				ListenerRelayTests.this.heard.add(replica);
				if (replica.equals("1")) {
					relay[0].listener().replicaRecovered(database, "3", after);
				}
			}
		};
		try (GenericApplicationContext context = context(telling)) {
			relay[0] = new ListenerRelay(context, context.getBeanProvider(LitestreamListener.class));
			relay[0].listener().replicaRecovered("db", "1", Duration.ZERO);
			relay[0].listener().replicaRecovered("db", "2", Duration.ZERO);
			relay[0].onApplicationEvent(new ContextRefreshedEvent(context));
			assertThat(this.heard).containsExactly("1", "2", "3");
		}
	}

}
