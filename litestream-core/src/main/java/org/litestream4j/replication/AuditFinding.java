package org.litestream4j.replication;

import org.litestream4j.format.Generation;

/**
 * What is wrong with what a replica lists. Equal findings of two listings are one that
 * lasts.
 */
public sealed interface AuditFinding {

	/** One sentence on what was found. */
	String describe();

	/**
	 * Something that is known to have been stored is not there as it was stored.
	 *
	 * @param index the WAL index that it belongs to
	 * @param wal whether it is WAL, else a snapshot
	 * @param describe one sentence
	 */
	record Lost(int index, boolean wal, String describe) implements AuditFinding {
	}

	/**
	 * There is something in the current generation that this engine did not store.
	 *
	 * @param describe one sentence
	 */
	record Foreign(String describe) implements AuditFinding {
	}

	/**
	 * There is something where the next piece of this engine would go, which it never
	 * replaces: the replica was taken over, and another generation would not help.
	 *
	 * @param describe one sentence
	 */
	record Overtaken(String describe) implements AuditFinding {
	}

	/**
	 * There is a generation that this engine did not begin, and that is newer, or grows.
	 *
	 * @param generation which
	 * @param newest whether a restore would take it for the newest state
	 */
	record ForeignGeneration(Generation generation, boolean newest) implements AuditFinding {

		@Override
		public String describe() {
			return this.newest ? "it holds generation %s, which is newer and was not written by this application"
				.formatted(this.generation) : "somebody else writes generation %s to it".formatted(this.generation);
		}

	}

}
