package org.litestream4j.benchmarks.workload;

import java.util.Comparator;

/**
 * What is measured with every variant by turns.
 *
 * @param kind what the application does
 * @param threads how many of its threads do so at once
 * @param synchronous SQLite's setting: NORMAL, FULL
 */
record Case(Kind kind, int threads, String synchronous) implements Comparable<Case> {

	/** As they are shown: what costs less first. */
	@Override
	public int compareTo(Case other) {
		return Comparator.comparing(Case::synchronous, Comparator.reverseOrder())
			.thenComparing(Case::kind)
			.thenComparing(Case::threads)
			.compare(this, other);
	}

	String title() {
		return "%s, %d %s, %s".formatted(this.kind.title(), this.threads, (this.threads == 1) ? "thread" : "threads",
				this.synchronous);
	}

}
