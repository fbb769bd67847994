package org.litestream4j.format.ltx;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;

import org.litestream4j.format.TransactionId;

/**
 * Many LTX files, read side by side, as one: of each page the newest version, in
 * ascending order, without those that lie beyond the database's newest size. Compaction
 * writes that to a file of a higher level, and a restore to a database. Takes a page and
 * the buffers of the readers, whatever the sizes. Not thread-safe.
 */
public final class LtxMerge implements Closeable {

	private final List<LtxReader> files;

	private final LtxHeader header;

	/** Those that have more pages: the lowest page first, and of equals the newest. */
	private final PriorityQueue<Input> inputs;

	/** For versions of a page that are not the newest. */
	private final byte[] older;

	private boolean begun;

	/**
	 * Creates a merge.
	 * @param files by ascending transactions, each from its beginning; closed with the
	 * merge. One may begin before the one before it ends, but not end before it does
	 * @throws PageSizeException if one has pages of another size than those before
	 * @throws LtxDamagedException if one does not continue the one before
	 */
	public LtxMerge(List<LtxReader> files) throws LtxDamagedException {
		this.files = List.copyOf(files);
		LtxHeader first = this.files.get(0).header();
		LtxHeader newest = first;
		for (int i = 1; i < this.files.size(); i++) {
			newest = requireContinues(newest, this.files.get(i).header(), i);
		}
		this.header = newest.since(first.minTxid());
		this.inputs = new PriorityQueue<>(this.files.size());
		this.older = new byte[newest.pageSize()];
	}

	private static LtxHeader requireContinues(LtxHeader before, LtxHeader next, int input) throws LtxDamagedException {
		if (next.pageSize() != before.pageSize()) {
			throw new PageSizeException(input, before, next);
		}
		if (next.minTxid() > before.maxTxid() + 1 || next.maxTxid() <= before.maxTxid()) {
			throw new LtxDamagedException("transactions %s to %s do not continue what ends with %s".formatted(
					new TransactionId(next.minTxid()), new TransactionId(next.maxTxid()),
					new TransactionId(before.maxTxid())));
		}
		return next;
	}

	/**
	 * {@return what a file of all these says of itself: the newest size and time, and no
	 * place in a WAL}
	 */
	public LtxHeader header() {
		return this.header;
	}

	/**
	 * Reads the next page: as {@link #next(byte[], int)}, into the beginning of a buffer.
	 * @param page gets its newest version; of at least the page size
	 * @return its number, or 0 at the end
	 * @throws InputException if one of the files is damaged or cannot be read
	 */
	public int next(byte[] page) throws IOException {
		return next(page, 0);
	}

	/**
	 * Reads the next page.
	 * @param page gets its newest version
	 * @param offset where in it the page goes
	 * @return its number, which is more than the one before; 0 at the end: by then all of
	 * every file was read and verified
	 * @throws InputException if one of the files is damaged or cannot be read
	 */
	public int next(byte[] page, int offset) throws IOException {
		begin();
		while (true) {
			Input newest = this.inputs.peek();
			if (newest == null) {
				return 0;
			}
			int number = newest.page;
			this.inputs.remove();
			boolean wanted = number <= this.header.pages();
			read(newest, wanted ? page : this.older, wanted ? offset : 0);
			for (Input next = this.inputs.peek(); next != null && next.page == number; next = this.inputs.peek()) {
				this.inputs.remove();
				read(next, this.older, 0);
			}
			if (wanted) {
				return number;
			}
		}
	}

	private void begin() throws IOException {
		if (!this.begun) {
			this.begun = true;
			for (int i = 0; i < this.files.size(); i++) {
				Input input = new Input(this.files.get(i), i);
				offer(input);
			}
		}
	}

	private void read(Input input, byte[] page, int offset) throws IOException {
		try {
			input.reader.read(page, offset);
		}
		catch (IOException ex) {
			throw new InputException(input.order, ex);
		}
		offer(input);
	}

	private void offer(Input input) throws IOException {
		try {
			input.page = input.reader.peek();
		}
		catch (IOException ex) {
			throw new InputException(input.order, ex);
		}
		if (input.page != 0) {
			this.inputs.add(input);
		}
	}

	@Override
	public void close() throws IOException {
		IOException failure = null;
		for (LtxReader file : this.files) {
			try {
				file.close();
			}
			catch (IOException ex) {
				failure = ex;
			}
		}
		if (failure != null) {
			throw failure;
		}
	}

	/** A file that is not at its end. */
	private static final class Input implements Comparable<Input> {

		private final LtxReader reader;

		private final int order;

		private int page;

		Input(LtxReader reader, int order) {
			this.reader = reader;
			this.order = order;
		}

		@Override
		public int compareTo(Input other) {
			return (this.page != other.page) ? Integer.compare(this.page, other.page)
					: Integer.compare(other.order, this.order);
		}

	}

	/**
	 * One of the files has pages of another size than those before: a database that was
	 * made anew begins with it.
	 */
	public static final class PageSizeException extends LtxDamagedException {

		private static final long serialVersionUID = 1L;

		private final int input;

		PageSizeException(int input, LtxHeader before, LtxHeader next) {
			super("transactions %s to %s have pages of %d bytes, and those before of %d".formatted(
					new TransactionId(next.minTxid()), new TransactionId(next.maxTxid()), next.pageSize(),
					before.pageSize()));
			this.input = input;
		}

		/**
		 * {@return which one, from 1, in the order they were given}
		 */
		public int input() {
			return this.input;
		}

	}

	/** One of the files could not be read to its end; the cause says why. */
	public static final class InputException extends IOException {

		private static final long serialVersionUID = 1L;

		private final int input;

		InputException(int input, IOException cause) {
			super(cause.getMessage(), cause);
			this.input = input;
		}

		/**
		 * {@return which one, from 0, in the order they were given}
		 */
		public int input() {
			return this.input;
		}

		/**
		 * {@return what went wrong with it}
		 */
		@Override
		public synchronized IOException getCause() {
			return Objects.requireNonNull((IOException) super.getCause());
		}

	}

}
