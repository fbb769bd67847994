package org.litestream4j.history;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

import org.litestream4j.sqlite.btree.PageSource;

/**
 * The pages that a point wrote, over the state before it: both states can be read at
 * once. A point that wrote more than fits into memory is written to the file, and the
 * state before it is gone. Not thread-safe.
 */
final class WrittenPages extends PointCounter implements PageSource {

	private final StateFile before;

	private final Map<Long, byte[]> written = new HashMap<>();

	private final BitSet numbers = new BitSet();

	private final StateFile.NewStep step;

	private final int most;

	private boolean large;

	private byte[] page;

	/**
	 * Creates an empty one.
	 * @param before the state before
	 * @param memory bytes of pages that are kept in memory
	 */
	WrittenPages(StateFile before, long memory) {
		this.before = before;
		this.step = before.newStep();
		this.most = (int) Math.max(1, memory / before.pageSize());
		this.page = new byte[before.pageSize()];
	}

	@Override
	public void page(long number, byte[] bytes, int offset, int length) throws IOException {
		OtherPageSizeException.require(length, this.before.pageSize());
		super.page(number, bytes, offset, length);
		if (number <= Integer.MAX_VALUE) {
			this.numbers.set((int) number);
		}
		if (!this.large && this.written.size() >= this.most && !this.written.containsKey(number)) {
			this.large = true;
			flush();
		}
		if (this.large) {
			this.page = Arrays.copyOfRange(bytes, offset, offset + length);
			this.step.write(number, this.page, 0);
		}
		else {
			this.written.put(number, Arrays.copyOfRange(bytes, offset, offset + length));
		}
	}

	private void flush() throws IOException {
		for (Map.Entry<Long, byte[]> each : this.written.entrySet()) {
			this.step.write(each.getKey(), each.getValue(), 0);
		}
		this.written.clear();
	}

	/** Whether the state before is gone. */
	boolean isLarge() {
		return this.large;
	}

	/** Which pages were written. */
	BitSet numbers() {
		return this.numbers;
	}

	/** Makes the state before the one after. */
	void apply() throws IOException {
		flush();
		this.step.end((databasePages() > 0) ? databasePages() : this.before.pages());
	}

	@Override
	public int pageSize() {
		return this.before.pageSize();
	}

	@Override
	public long pages() {
		return (databasePages() > 0) ? databasePages() : this.before.pages();
	}

	@Override
	public void read(long number, byte[] into) throws IOException {
		byte[] newer = this.written.get(number);
		if (newer != null) {
			System.arraycopy(newer, 0, into, 0, newer.length);
		}
		else {
			this.before.read(number, into);
		}
	}

}
