package org.litestream4j.live;

import org.jspecify.annotations.Nullable;

import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalHeader;

/**
 * How the live WAL goes on from what was copied. Decided here, acted upon elsewhere.
 */
sealed interface WalContinuity {

	/** It has the same header: frames follow from an offset on, or none do. */
	record Continues(long fromOffset) implements WalContinuity {
	}

	/**
	 * It was restarted after everything in it had been copied: roll to the next index.
	 */
	record Restarted() implements WalContinuity {
	}

	/** Frames may be missing: start a new generation. */
	record Broken(GenerationReason reason, String detail) implements WalContinuity {
	}

	/** Whether the WAL was guarded since the last sync. */
	enum Guarding {

		/** A read transaction was held all the time. */
		THROUGHOUT,
		/** That is not proven. */
		UNPROVEN

	}

	/**
	 * Decides how it goes on. Salts are not looked at: they prove nothing about who
	 * restarted the WAL. Only a read transaction that was held all the time does.
	 * @param known what was copied of the newest WAL; null if the generation has none yet
	 * @param live the live WAL's header
	 * @param publishedEnd where its last published frame ends, in bytes
	 * @param guarding whether a read transaction was held ever since the last sync, or
	 * nothing depends on that: no replica can hold what was before
	 */
	static WalContinuity decide(@Nullable ShadowState known, WalHeader live, long publishedEnd, Guarding guarding) {
		if (known == null) {
			return (guarding == Guarding.THROUGHOUT) ? new Restarted()
					: new Broken(GenerationReason.WAL_DOES_NOT_CONTINUE,
							"the WAL was empty before, and was written to while no read transaction guarded it");
		}
		if (!live.equals(known.header())) {
			return (guarding == Guarding.THROUGHOUT) ? new Restarted()
					: new Broken(GenerationReason.WAL_DOES_NOT_CONTINUE,
							"the WAL was restarted while no read transaction guarded it");
		}
		if (publishedEnd < known.offset()) {
			return new Broken(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL ends at %d, before the replicated position %d".formatted(publishedEnd, known.offset()));
		}
		if (known.closed() && publishedEnd > known.offset()) {
			return new Broken(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL goes on after position %d, where it was to restart".formatted(known.offset()));
		}
		return new Continues(known.offset());
	}

}
