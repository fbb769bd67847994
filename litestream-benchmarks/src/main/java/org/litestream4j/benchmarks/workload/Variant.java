package org.litestream4j.benchmarks.workload;

import java.util.Arrays;

/**
 * Who replicates the application's database.
 */
enum Variant {

	NONE("none", "no replication"),

	STARTER("starter", "with the starter"),

	V03("v0.3.13", "Litestream v0.3.13 as a sidecar"),

	V05("v0.5.17", "Litestream v0.5.17 as a sidecar");

	private final String id;

	private final String title;

	Variant(String id, String title) {
		this.id = id;
		this.title = title;
	}

	/** As it is asked for, and as it stands in the figures. */
	String id() {
		return this.id;
	}

	String title() {
		return this.title;
	}

	boolean isSidecar() {
		return this == V03 || this == V05;
	}

	static Variant of(String id) {
		return Arrays.stream(values())
			.filter((variant) -> variant.id.equals(id))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException(
					"with=%s is not known, only none, starter, v0.3.13 and v0.5.17".formatted(id)));
	}

}
