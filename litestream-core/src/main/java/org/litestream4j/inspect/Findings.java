package org.litestream4j.inspect;

import java.util.ArrayList;
import java.util.List;

/** What a check found, of which not all is kept. Not thread-safe. */
public final class Findings {

	private final List<Finding> kept = new ArrayList<>();

	private long leftOut;

	private boolean damage;

	/**
	 * Adds one.
	 * @param kind what it is
	 * @param object its name, or a directory's
	 * @param message one sentence
	 */
	public void add(Finding.Kind kind, String object, String message) {
		this.damage |= kind.isDamage();
		if (this.kept.size() < CheckReport.MOST_FINDINGS) {
			this.kept.add(new Finding(kind, object, message));
		}
		else {
			this.leftOut++;
		}
	}

	/**
	 * {@return whether states are lost by any of them}
	 */
	public boolean holdDamage() {
		return this.damage;
	}

	/**
	 * {@return at most {@value CheckReport#MOST_FINDINGS}}
	 */
	public List<Finding> kept() {
		return List.copyOf(this.kept);
	}

	/**
	 * {@return how many more there are}
	 */
	public long leftOut() {
		return this.leftOut;
	}

}
