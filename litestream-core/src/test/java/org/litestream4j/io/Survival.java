package org.litestream4j.io;

import java.util.List;
import java.util.Random;

/**
 * Decides what of the changes that were not forced is on the disk after a power cut.
 */
public interface Survival {

	/** What becomes of one write or truncation. */
	enum Fate {

		/** It is on the disk. */
		KEPT,
		/** Some of its 512-byte sectors are, others hold what was there before. */
		TORN,
		/** The file has its new size, but the bytes are the old ones or zeros. */
		SIZE_ONLY,
		/** It is not on the disk. */
		DROPPED

	}

	/** Fate of the next unforced change of a file. */
	Fate change();

	/** Whether the next sector of a torn write is on the disk. */
	boolean sector();

	/**
	 * How many of a directory's unforced changes of names are on the disk: the oldest
	 * ones, as they go through a journal.
	 * @param pending how many there are
	 */
	int names(int pending);

	/** Only what was forced. */
	static Survival nothingUnforced() {
		return new Survival() {

			@Override
			public Fate change() {
				return Fate.DROPPED;
			}

			@Override
			public boolean sector() {
				return false;
			}

			@Override
			public int names(int pending) {
				return 0;
			}

		};
	}

	/** All names but only the forced bytes, as a disk that delays writing data. */
	static Survival namesOnly() {
		return new Survival() {

			@Override
			public Fate change() {
				return Fate.DROPPED;
			}

			@Override
			public boolean sector() {
				return false;
			}

			@Override
			public int names(int pending) {
				return pending;
			}

		};
	}

	/** All changes, as if only the process had died. */
	static Survival everything() {
		return new Survival() {

			@Override
			public Fate change() {
				return Fate.KEPT;
			}

			@Override
			public boolean sector() {
				return true;
			}

			@Override
			public int names(int pending) {
				return pending;
			}

		};
	}

	/** Any of what could be, the same for the same seed. */
	static Survival random(long seed) {
		Random random = new Random(seed);
		List<Fate> fates = List.of(Fate.values());
		return new Survival() {

			@Override
			public Fate change() {
				return fates.get(random.nextInt(fates.size()));
			}

			@Override
			public boolean sector() {
				return random.nextBoolean();
			}

			@Override
			public int names(int pending) {
				return random.nextInt(pending + 1);
			}

		};
	}

}
