package org.litestream4j.history;

import java.io.IOException;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/** Counts what a point changed. Not thread-safe. */
class PointCounter implements PointReader.ChangeVisitor {

	private int transactions;

	private long pages;

	private long databasePages;

	@Override
	public void page(long page, byte[] bytes, int offset, int length) throws IOException {
		this.pages++;
	}

	@Override
	public void commit(long now, ReplicaPosition end) throws IOException {
		this.transactions++;
		this.databasePages = now;
	}

	/** How many pages the database has after it; 0 if it has no transaction. */
	long databasePages() {
		return this.databasePages;
	}

	RestorePoint describe(HistoryPoint point, PointReader.Content content) {
		@Nullable Long size = (this.databasePages > 0) ? (Long) this.databasePages : null;
		int counted = (this.pages > 0) ? Objects.requireNonNullElse(point.transactions(), this.transactions) : 0;
		return new RestorePoint(ReplicaHistory.time(point, content.committedAt()), point.storedAt(), point.start(),
				Objects.requireNonNullElse(point.end(), content.end()), point.storedBytes(), counted, this.pages, size,
				null);
	}

}
