package org.litestream4j.format.ltx;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;

/**
 * What LTX files are called. In buckets of S3 Litestream v0.5 calls their directories by
 * the level alone, in four hexadecimal digits; in all its other stores it is a decimal
 * digit below {@code ltx}.
 */
public enum LtxNames {

	/** {@code ltx/0/0000000000000001-0000000000000001.ltx}. */
	DIRECTORY("ltx/%d"),

	/** {@code 0000/0000000000000001-0000000000000001.ltx}. */
	S3("%04x");

	/** Of each of the two transactions that a file is called by. */
	private static final int DIGITS = 16;

	private static final String EXTENSION = ".ltx";

	private final String directory;

	LtxNames(String directory) {
		this.directory = directory;
	}

	/**
	 * {@return the names that Litestream v0.5 would use in a store}
	 * @param store the store
	 */
	public static LtxNames of(ObjectStore store) {
		return store.type().equals("s3") ? S3 : DIRECTORY;
	}

	/**
	 * {@return the directory of a level}
	 * @param level 0 to 9
	 */
	public String directory(int level) {
		return this.directory.formatted(level);
	}

	/**
	 * {@return where all files are, below the replica's place, for people}
	 */
	String place() {
		return (this == S3) ? directory(0) + "/ to " + directory(LtxFile.SNAPSHOTS) + "/" : "ltx/";
	}

	/**
	 * {@return whether a directory at the replica's place is one that files are in or
	 * below}
	 * @param name of the directory
	 */
	boolean isTop(String name) {
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			if (isTop(name, level)) {
				return true;
			}
		}
		return false;
	}

	private boolean isTop(String name, int level) {
		return (directory(level) + "/").startsWith(name + "/");
	}

	/**
	 * {@return the levels that may have files}
	 * @param names of directories at the replica's place
	 */
	List<Integer> levels(Collection<String> names) {
		return IntStream.rangeClosed(0, LtxFile.SNAPSHOTS)
			.filter((level) -> names.stream().anyMatch((name) -> isTop(name, level)))
			.boxed()
			.toList();
	}

	/**
	 * {@return the name of a file, relative to the replica's place}
	 * @param file the file
	 */
	public String name(LtxFile file) {
		return "%s/%016x-%016x.ltx".formatted(directory(file.level()), file.minTxid(), file.maxTxid());
	}

	/**
	 * Reads the name of an object.
	 * @param level the level in whose directory it was found
	 * @param object as listed
	 * @return the file; empty if it is called otherwise
	 */
	public static Optional<LtxFile> parse(int level, StoredObject object) {
		String name = object.fileName();
		if (!isLtx(name)) {
			return Optional.empty();
		}
		long minTxid = Long.parseUnsignedLong(name, 0, DIGITS, 16);
		long maxTxid = Long.parseUnsignedLong(name, DIGITS + 1, 2 * DIGITS + 1, 16);
		return (minTxid < 1 || maxTxid < minTxid) ? Optional.empty()
				: Optional.of(new LtxFile(level, minTxid, maxTxid, object.size(), object.storedAt(), object.tag()));
	}

	/**
	 * {@return whether an object is a file of any level}
	 * @param object as listed
	 */
	boolean isFile(StoredObject object) {
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			if (object.name().equals(directory(level) + "/" + object.fileName())) {
				return parse(level, object).isPresent();
			}
		}
		return false;
	}

	/**
	 * {@return whether an object is called as an LTX file is}
	 * @param name the object's name, with or without its directories
	 */
	public static boolean isLtx(String name) {
		int begin = name.lastIndexOf('/') + 1;
		int second = begin + DIGITS + 1;
		return name.length() == second + DIGITS + EXTENSION.length() && name.charAt(second - 1) == '-'
				&& name.endsWith(EXTENSION) && isHex(name, begin) && isHex(name, second);
	}

	/**
	 * Not by a pattern, as thousands of names are looked at when a JVM has just begun.
	 */
	private static boolean isHex(String name, int begin) {
		for (int i = begin; i < begin + DIGITS; i++) {
			char c = name.charAt(i);
			if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
				return false;
			}
		}
		return true;
	}

}
