package org.litestream4j.history;

import java.io.Closeable;
import java.io.IOException;
import java.time.Instant;

import org.litestream4j.Internal;
import org.litestream4j.format.ReplicaPosition;

/**
 * Reads what points changed, one point after another. Not thread-safe.
 */
@Internal
public interface PointReader extends Closeable {

	/**
	 * Reads the next point, whose change must be known, to its end.
	 * @param visitor is shown what it changed
	 * @return what was read
	 * @throws IOException if it cannot be read, or is damaged
	 */
	Content next(ChangeVisitor visitor) throws IOException;

	/**
	 * Counts what the next point changed, which may take less than to read it.
	 * @param point the next one
	 * @return what is said of it
	 * @throws IOException if it cannot be read, or is damaged
	 */
	default RestorePoint count(HistoryPoint point) throws IOException {
		PointCounter counter = new PointCounter();
		Content content = next(counter);
		return counter.describe(point, content);
	}

	/**
	 * What was read.
	 *
	 * @param committedAt when its newest commit was seen, as far as is known
	 * @param end where it ends
	 */
	record Content(Instant committedAt, ReplicaPosition end) {
	}

	/** Is shown what points changed. */
	interface ChangeVisitor {

		/**
		 * A page was written.
		 * @param page its number
		 * @param bytes holds the page; used again afterwards
		 * @param offset where it begins
		 * @param length bytes in a page
		 * @throws IOException if the visitor fails
		 */
		void page(long page, byte[] bytes, int offset, int length) throws IOException;

		/**
		 * A transaction ended.
		 * @param pages how many the database has now
		 * @param end where it ended
		 * @throws IOException if the visitor fails
		 */
		void commit(long pages, ReplicaPosition end) throws IOException;

	}

}
