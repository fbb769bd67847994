package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.restore.RestoreOutput;

/**
 * What two states are, and how they differ.
 *
 * @param <A> what is known of the first
 * @param <B> what is known of the second
 * @param from the first
 * @param to the second
 * @param report how they differ
 */
public record StateDiff<A, B>(A from, B to, DiffReport report) {

	/**
	 * Makes both states in a directory of their own, which is deleted in any case, and
	 * compares them.
	 * @param parent where that directory is; needs space for both
	 * @param from the first state
	 * @param to the second state
	 * @param options what is wanted
	 * @throws IOException with one sentence, if one of them cannot be made or read
	 * @throws IllegalArgumentException if a table is wanted that neither has
	 */
	public static <A, B> StateDiff<A, B> of(Path parent, DatabaseState<A> from, DatabaseState<B> to,
			DiffOptions options) throws IOException {
		try (ScratchDirectory directory = ScratchDirectory.create(parent, "litestream-diff")) {
			Path first = directory.file("first.db");
			Path second = directory.file("second.db");
			A before = from.writeTo(RestoreOutput.newFile(first), directory.disk());
			options.cancellation().check();
			B after = to.writeTo(RestoreOutput.newFile(second), directory.disk());
			options.cancellation().check();
			return new StateDiff<>(before, after, new DatabaseDiff(first, second, directory.disk()).run(options));
		}
	}

}
