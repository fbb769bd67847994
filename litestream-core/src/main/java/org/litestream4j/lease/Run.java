package org.litestream4j.lease;

import java.security.SecureRandom;
import java.util.HexFormat;

import org.litestream4j.format.Writer;

/**
 * One run of the engine.
 *
 * @param id random, never used again: sixteen lower-case hexadecimal digits
 * @param owner a name for people, for example {@code host:pid}
 */
public record Run(String id, String owner) {

	private static final SecureRandom RANDOM = new SecureRandom();

	/**
	 * {@return a run that nobody has had before, for all practical purposes}
	 * @param owner a name for people, for example {@code host:pid}
	 */
	public static Run begin(String owner) {
		return new Run(HexFormat.of().toHexDigits(RANDOM.nextLong()), owner);
	}

	/**
	 * {@return the run as what stores objects}
	 * @param epoch counts the owners of the replica, from 1
	 */
	public Writer writer(long epoch) {
		return new Writer(this.id, epoch);
	}

}
