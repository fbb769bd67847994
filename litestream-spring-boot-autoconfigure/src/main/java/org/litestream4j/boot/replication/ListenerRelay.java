package org.litestream4j.boot.replication;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

import org.litestream4j.observe.ForwardingListener;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener;

/**
 * Passes on what the engine reports to all {@link LitestreamListener} beans. Replication
 * starts while {@code DataSource} beans are created, before those listeners can exist, so
 * what is reported until the context is ready is kept and passed on then, in order. Of
 * syncs and requests only so many are kept; the rest is rare, and all of it is.
 */
public class ListenerRelay implements ApplicationListener<ContextRefreshedEvent> {

	/** Routine events beyond this number during start-up are dropped. */
	private static final int MAX_KEPT = 10_000;

	private final ApplicationContext context;

	private final ObjectProvider<LitestreamListener> provider;

	private final List<Consumer<LitestreamListener>> kept = new ArrayList<>();

	/** Guarded by {@code kept}. */
	private int routine;

	private volatile @Nullable List<GuardedListener> listeners;

	public ListenerRelay(ApplicationContext context, ObjectProvider<LitestreamListener> provider) {
		this.context = context;
		this.provider = provider;
	}

	/** What the engine is given. */
	public LitestreamListener listener() {
		return new Relay();
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext() == this.context && this.listeners == null) {
			open(this.provider.orderedStream().map(GuardedListener::of).toList());
		}
	}

	/**
	 * Never calls a listener with the lock held: it may wait for the engine, which may be
	 * waiting to report something.
	 */
	private void open(List<GuardedListener> found) {
		while (true) {
			List<Consumer<LitestreamListener>> calls;
			synchronized (this.kept) {
				if (this.kept.isEmpty()) {
					this.listeners = found;
					return;
				}
				calls = List.copyOf(this.kept);
				this.kept.clear();
			}
			calls.forEach((call) -> found.forEach(call));
		}
	}

	private void passOn(boolean routine, Consumer<LitestreamListener> call) {
		List<GuardedListener> present = this.listeners;
		if (present == null) {
			synchronized (this.kept) {
				present = this.listeners;
				if (present == null) {
					keep(routine, call);
					return;
				}
			}
		}
		present.forEach(call);
	}

	private void keep(boolean ofRoutine, Consumer<LitestreamListener> call) {
		if (ofRoutine && this.routine++ >= MAX_KEPT) {
			return;
		}
		this.kept.add(call);
	}

	/** Hears the engine. */
	private final class Relay extends ForwardingListener {

		@Override
		protected void forward(Frequency frequency, Consumer<LitestreamListener> event) {
			passOn(frequency == Frequency.ROUTINE, event);
		}

	}

}
