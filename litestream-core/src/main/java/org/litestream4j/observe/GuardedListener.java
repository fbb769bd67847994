package org.litestream4j.observe;

import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.Internal;

/**
 * Keeps what a listener throws away from whoever calls it.
 */
@Internal
public final class GuardedListener extends ForwardingListener {

	private static final Logger logger = LoggerFactory.getLogger(GuardedListener.class);

	private final LitestreamListener listener;

	private GuardedListener(LitestreamListener listener) {
		this.listener = listener;
	}

	/**
	 * Guards a listener; one that is guarded already stays as it is.
	 * @param listener what may throw
	 * @return what never does
	 */
	public static GuardedListener of(LitestreamListener listener) {
		return (listener instanceof GuardedListener guarded) ? guarded : new GuardedListener(listener);
	}

	@Override
	protected void forward(Frequency frequency, Consumer<LitestreamListener> event) {
		try {
			event.accept(this.listener);
		}
		catch (RuntimeException | Error ex) {
			logger.warn("{} failed, which changes nothing for replication", this.listener.getClass().getName(), ex);
		}
	}

}
