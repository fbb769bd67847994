package org.litestream4j.benchmarks.workload;

/**
 * What is measured.
 */
enum Figure {

	RATE("transactionsPerSecond", "per second", 0),

	P50("p50Milliseconds", "p50 ms", 3),

	P99("p99Milliseconds", "p99 ms", 3),

	P999("p999Milliseconds", "p99.9 ms", 3),

	/** The commit that took longest; that of 50 MB does not count. */
	LONGEST("longestMilliseconds", "longest ms", 1),

	/** The transaction of 50 MB. */
	LARGE("largeTransactionMilliseconds", "50 MB ms", 0),

	/** The WAL file's, which SQLite never makes smaller by itself. */
	WAL("largestWalMegabytes", "WAL MB", 1),

	/** What the application's process wrote to disks, as Linux counts. */
	WRITTEN("writtenMegabytes", "written MB", 0),

	/** What the process beside it wrote. */
	SIDECAR_WRITTEN("sidecarWrittenMegabytes", "sidecar wrote MB", 0),

	/** Of the application's process, engine included. */
	CPU("processorSeconds", "CPU s", 2),

	/** Of the engine's threads, or of the process beside it. */
	ENGINE_CPU("engineProcessorSeconds", "of engine s", 2),

	/** Transactions that SQLite refused as the database was busy too long. */
	FAILED("failed", "failed", 0),

	/** From the last commit until the replica has everything. */
	CATCH_UP("catchUpMilliseconds", "catch-up ms", 0);

	private final String key;

	private final String heading;

	private final int digits;

	Figure(String key, String heading, int digits) {
		this.key = key;
		this.heading = heading;
		this.digits = digits;
	}

	/** Its name in JSON. */
	String key() {
		return this.key;
	}

	/** Its name above a column. */
	String heading() {
		return this.heading;
	}

	/** How many decimals mean something. */
	int digits() {
		return this.digits;
	}

}
