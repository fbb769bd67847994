package org.litestream4j.store;

import java.io.FilterInputStream;
import java.io.InputStream;

/**
 * The bytes of an object, or of a part of it, and which version of it they are of: what
 * is left after a broken connection is opened with its {@linkplain StoredObject#tag()
 * tag}, and so cannot be of another. Not thread-safe, but may be closed by another thread
 * than the one that reads, which then fails.
 */
public class OpenedObject extends FilterInputStream {

	private final StoredObject object;

	/**
	 * Creates a stream.
	 * @param bytes from the first byte that was asked for
	 * @param object the object as the store's answer has it: its tag, if the store knows
	 * one, and the size of the whole object, if it says so
	 */
	public OpenedObject(InputStream bytes, StoredObject object) {
		super(bytes);
		this.object = object;
	}

	/**
	 * {@return which version of which object is read}
	 */
	public final StoredObject object() {
		return this.object;
	}

}
