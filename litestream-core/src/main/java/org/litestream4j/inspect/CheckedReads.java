package org.litestream4j.inspect;

import java.io.IOException;
import java.io.InputStream;

import org.litestream4j.RestoreException;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.store.ArchivedObjectException;

/**
 * Reads objects one after another, and tells those that are bad from a store that is out
 * of reach. Not thread-safe.
 */
public final class CheckedReads {

	/** So many in a row are not the objects' fault. */
	private static final int MOST_FAILURES = 3;

	private final Findings findings;

	private long objects;

	private long bytes;

	/** Since the last object that was read. */
	private int failures;

	/** How it went. */
	public enum Result {

		/** It holds what it should. */
		GOOD,
		/** It does not, or cannot be read. */
		BAD,
		/** It was deleted meanwhile, or replaced. */
		GONE

	}

	/**
	 * Begins.
	 * @param findings is told what is wrong
	 */
	public CheckedReads(Findings findings) {
		this.findings = findings;
	}

	/** Opens an object as stored. */
	public interface Opening {

		/**
		 * {@return the object}
		 * @throws IOException if it cannot be opened
		 */
		InputStream open() throws IOException;

	}

	/** Looks at an object as stored, to its end. */
	public interface Look {

		/**
		 * Looks.
		 * @param stored the object
		 * @throws IOException that says what is wrong with it
		 */
		void at(InputStream stored) throws IOException;

	}

	/**
	 * Reads an object.
	 * @param name the object's
	 * @param size as listed
	 * @param opening opens it
	 * @param look throws what is wrong with it
	 * @return how it went
	 * @throws IOException if the store is out of reach, or somebody ended it
	 */
	public Result read(String name, long size, Opening opening, Look look) throws IOException {
		try (InputStream stored = opening.open()) {
			look.at(stored);
			return read(size, Result.GOOD);
		}
		catch (ObjectGoneException ex) {
			return Result.GONE;
		}
		catch (FetchException ex) {
			this.failures++;
			if (this.failures >= MOST_FAILURES || this.objects == 0) {
				throw ex;
			}
			this.findings.add(Kind.UNREADABLE, name, String.valueOf(ex.getMessage()));
			return Result.BAD;
		}
		catch (ArchivedObjectException ex) {
			this.findings.add(Kind.UNREADABLE, name, "%s cannot be read: %s".formatted(name, ex.getMessage()));
			return read(0, Result.BAD);
		}
		catch (RestoreException ex) {
			if (ex.kind() == RestoreException.Kind.CANCELLED) {
				throw ex;
			}
			this.findings.add(Kind.UNREADABLE, name, String.valueOf(ex.getMessage()));
			return read(size, Result.BAD);
		}
		catch (IOException ex) {
			this.findings.add(Kind.DAMAGED, name, "%s is damaged: %s".formatted(name, ex.getMessage()));
			return read(size, Result.BAD);
		}
	}

	private Result read(long size, Result result) {
		this.objects++;
		this.bytes += Math.max(size, 0);
		this.failures = 0;
		return result;
	}

	/**
	 * {@return how many objects were read}
	 */
	public long objects() {
		return this.objects;
	}

	/**
	 * {@return how many bytes were read, as stored}
	 */
	public long bytes() {
		return this.bytes;
	}

}
