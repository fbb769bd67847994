package org.litestream4j.history;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.litestream4j.io.Disk;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.btree.PageSource;

/**
 * A database file that moves between states: forwards by the pages that were written, and
 * backwards and forwards again by what these changed. Each step is one that can be
 * stopped at. Nobody else has the file open while it moves. Not thread-safe.
 */
final class StateFile implements PageSource, Closeable {

	private final Path path;

	private final RandomAccessFile reading;

	private final Disk.DiskFile writing;

	private final DeltaLog log;

	private final int pageSize;

	private final byte[] page;

	private final byte[] zeros;

	/** The steps that were made, also those that were taken back. */
	private final List<Step> steps = new ArrayList<>();

	/** How many of them the file is ahead of where it began. */
	private int at;

	private long pages;

	private long written;

	private record Step(DeltaLog.Place begin, DeltaLog.Place end, long pagesBefore, long pagesAfter) {
	}

	/**
	 * Opens a file, where it begins.
	 * @param path a whole database
	 * @param log where a file for what does not fit into memory goes
	 * @param memory bytes for what steps changed
	 */
	StateFile(Path path, Path log, Disk disk, long memory) throws IOException {
		this.path = path;
		this.reading = new RandomAccessFile(path.toFile(), "r");
		try {
			this.writing = disk.open(path);
		}
		catch (IOException | RuntimeException ex) {
			this.reading.close();
			throw ex;
		}
		this.log = new DeltaLog(log, disk, memory);
		try {
			byte[] header = new byte[DatabaseHeader.SIZE];
			int read = Math.max(0, this.reading.read(header));
			this.pageSize = DatabaseHeader.parse(header, read, "The restored state").pageSize();
		}
		catch (IOException | RuntimeException ex) {
			close();
			throw ex;
		}
		this.page = new byte[this.pageSize];
		this.zeros = new byte[this.pageSize];
		this.pages = this.reading.length() / this.pageSize;
	}

	Path path() {
		return this.path;
	}

	@Override
	public int pageSize() {
		return this.pageSize;
	}

	@Override
	public long pages() {
		return this.pages;
	}

	@Override
	public void read(long number, byte[] into) throws IOException {
		long position = (number - 1) * this.pageSize;
		this.reading.seek(position);
		int done = 0;
		while (done < this.pageSize) {
			int read = this.reading.read(into, done, this.pageSize - done);
			if (read < 0) {
				Arrays.fill(into, done, this.pageSize, (byte) 0); // behind the end
				return;
			}
			done += read;
		}
	}

	/** How many steps can be taken from the beginning without anything new. */
	int steps() {
		return this.steps.size();
	}

	/** How many steps the file is ahead of its beginning. */
	int at() {
		return this.at;
	}

	/** Pages that were written to the file, whichever way it went. */
	long written() {
		return this.written;
	}

	/** Whether what steps changed did not fit into memory. */
	boolean isSpilt() {
		return this.log.isSpilt();
	}

	/** Forgets steps after the current one, so that others can be made in their place. */
	void forgetAhead() {
		if (this.at < this.steps.size()) {
			this.log.cutTo(this.steps.get(this.at).begin());
			this.steps.subList(this.at, this.steps.size()).clear();
		}
	}

	/**
	 * Begins a new step after the last one.
	 * @return what writes it
	 */
	NewStep newStep() {
		if (this.at != this.steps.size()) {
			throw new IllegalStateException("%d of %d steps are taken".formatted(this.at, this.steps.size()));
		}
		return new NewStep();
	}

	/** A step that is being made. */
	final class NewStep {

		private final DeltaLog.Place begin = StateFile.this.log.end();

		private final long pagesBefore = StateFile.this.pages;

		/** Writes a page. */
		void write(long number, byte[] bytes, int offset) throws IOException {
			StateFile file = StateFile.this;
			file.read(number, file.page);
			file.log.add(number, file.page, bytes, offset, file.pageSize);
			file.writing.write((number - 1) * file.pageSize, bytes, offset, file.pageSize);
			file.written++;
			file.pages = Math.max(file.pages, number);
		}

		/** Ends the step with the size that the database has then. */
		void end(long pagesAfter) throws IOException {
			StateFile file = StateFile.this;
			for (long number = pagesAfter + 1; number <= file.pages; number++) {
				file.read(number, file.page);
				file.log.add(number, file.page, file.zeros, 0, file.pageSize);
			}
			file.resize(pagesAfter);
			file.steps.add(new Step(this.begin, file.log.end(), this.pagesBefore, pagesAfter));
			file.at++;
		}

	}

	private void resize(long now) throws IOException {
		this.writing.truncate(now * this.pageSize);
		this.pages = now;
	}

	/**
	 * Moves to a state that the file was in.
	 * @param step how many steps from the beginning
	 */
	void moveTo(int step) throws IOException {
		while (this.at < step) {
			Step next = this.steps.get(this.at);
			swap(next);
			resize(next.pagesAfter());
			this.at++;
		}
		while (this.at > step) {
			Step last = this.steps.get(this.at - 1);
			swap(last);
			resize(last.pagesBefore());
			this.at--;
		}
	}

	/** The same forwards and backwards, and in whatever order. */
	private void swap(Step step) throws IOException {
		this.log.visit(step.begin(), step.end(), (number, runs, offset, length) -> {
			read(number, this.page);
			DeltaLog.apply(this.page, runs, offset, length);
			this.writing.write((number - 1) * this.pageSize, this.page, 0, this.pageSize);
			this.written++;
			this.pages = Math.max(this.pages, number);
		});
	}

	@Override
	public void close() throws IOException {
		try {
			this.log.close();
		}
		finally {
			try {
				this.reading.close();
			}
			finally {
				this.writing.close();
			}
		}
	}

}
