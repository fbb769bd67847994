package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;

/**
 * Reads the rows of two tables side by side, each in the order of its keys, so that two
 * rows are held at a time, whatever the tables have. Not thread-safe.
 */
final class RowMerge {

	private final int keys;

	private final RowChanges changes;

	private final Cancellation cancellation;

	private long looked;

	/**
	 * Creates a merge.
	 * @param keys how many values in front know a row
	 * @param changes hears of what differs
	 */
	RowMerge(int keys, RowChanges changes, Cancellation cancellation) {
		this.keys = keys;
		this.changes = changes;
		this.cancellation = cancellation;
	}

	/** Compares all rows. */
	void all(ReadOnlyDatabase from, TableShape before, ReadOnlyDatabase to, TableShape after) throws IOException {
		try (RowCursor left = from.cursor(before.select(), before.all().size());
				RowCursor right = to.cursor(after.select(), after.all().size())) {
			left.start();
			right.start();
			merge(left, right);
		}
	}

	/** Compares the rows whose rowid is within one of several ranges, which ascend. */
	void within(List<RowidRange> ranges, ReadOnlyDatabase from, TableShape before, ReadOnlyDatabase to,
			TableShape after) throws IOException {
		try (RowCursor left = from.cursor(before.selectRange(), before.all().size());
				RowCursor right = to.cursor(after.selectRange(), after.all().size())) {
			for (RowidRange range : ranges) {
				left.start(range.first(), range.last());
				right.start(range.first(), range.last());
				merge(left, right);
			}
		}
	}

	private void merge(RowCursor left, RowCursor right) throws IOException {
		boolean before = left.next();
		boolean after = right.next();
		while (before || after) {
			look();
			int order = !before ? 1 : !after ? -1 : compareKeys(left.row(), right.row());
			if (order == 0) {
				match(left.row(), right.row());
			}
			else if (order < 0) {
				this.changes.removed(left.row());
			}
			else {
				this.changes.added(right.row());
			}
			before = (order <= 0) ? left.next() : before;
			after = (order >= 0) ? right.next() : after;
		}
	}

	private void look() throws RestoreException {
		if ((this.looked++ & 0xfff) == 0) {
			this.cancellation.check();
		}
	}

	private int compareKeys(@Nullable Object[] left, @Nullable Object[] right) {
		for (int i = 0; i < this.keys; i++) {
			int order = Values.compare(left[i], right[i]);
			if (order != 0) {
				return order;
			}
		}
		return 0;
	}

	private void match(@Nullable Object[] left, @Nullable Object[] right) throws IOException {
		for (int i = 0; i < left.length; i++) {
			if (!Values.same(left[i], right[i])) {
				if (i < this.keys) { // 1 and 1.0
					this.changes.removed(left);
					this.changes.added(right);
				}
				else {
					this.changes.changed(left, right);
				}
				return;
			}
		}
	}

}
