package org.litestream4j.io;

import java.io.IOException;

/**
 * Undoes what was begun unless the rest succeeds. For try-with-resources; what fails when
 * it is undone is suppressed by the failure itself. Used by one thread.
 */
public final class OnFailure implements AutoCloseable {

	private final Undo undo;

	private boolean kept;

	private OnFailure(Undo undo) {
		this.undo = undo;
	}

	/** What is to be undone if nothing says {@link #keep}. */
	public static OnFailure run(Undo undo) {
		return new OnFailure(undo);
	}

	/** Nothing is undone: all went well. */
	public void keep() {
		this.kept = true;
	}

	/** {@link #keep()}, for the last line of a block. */
	public <T> T keep(T result) {
		this.kept = true;
		return result;
	}

	@Override
	public void close() throws IOException {
		if (!this.kept) {
			this.undo.run();
		}
	}

	/** Takes back what was done. */
	@FunctionalInterface
	public interface Undo {

		/** Takes it back. */
		void run() throws IOException;

	}

}
