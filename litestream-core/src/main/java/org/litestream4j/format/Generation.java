package org.litestream4j.format;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of a generation: one snapshot and all WAL after it, without a gap. Sixteen
 * lower-case hexadecimal digits, chosen at random, so two generations have no order.
 *
 * @param name sixteen lower-case hexadecimal digits
 */
public record Generation(String name) {

	private static final Pattern PATTERN = Pattern.compile("[0-9a-f]{16}");

	private static final SecureRandom RANDOM = new SecureRandom();

	/**
	 * Creates a generation of the given name.
	 * @param name sixteen lower-case hexadecimal digits
	 * @throws IllegalArgumentException if the name is not of sixteen lower-case
	 * hexadecimal digits
	 */
	public Generation {
		if (!isValid(name)) {
			throw new IllegalArgumentException(
					"'%s' is not a generation: 16 lower-case hexadecimal digits are expected".formatted(name));
		}
	}

	/**
	 * Whether a name could be that of a generation. A replica may hold foreign files.
	 * @param name any text
	 * @return whether it is of sixteen lower-case hexadecimal digits
	 */
	public static boolean isValid(String name) {
		return PATTERN.matcher(name).matches();
	}

	/**
	 * {@return a new generation that no one has used before, for all practical purposes}
	 */
	public static Generation random() {
		return new Generation(HexFormat.of().toHexDigits(RANDOM.nextLong()));
	}

	@Override
	public String toString() {
		return this.name;
	}

}
