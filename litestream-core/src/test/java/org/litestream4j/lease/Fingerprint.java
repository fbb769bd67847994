package org.litestream4j.lease;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * 128 bits that stand for a part of a state: of ten million states, two that differ have
 * the same ones once in 10^24 times.
 */
final class Fingerprint {

	/** What has one; made once, as parts are shared between states. */
	abstract static class Of {

		private @Nullable Fingerprint fingerprint;

		/** Everything that makes a difference. */
		abstract void describe(Fingerprint to);

		final Fingerprint fingerprint() {
			if (this.fingerprint == null) {
				Fingerprint made = new Fingerprint();
				describe(made);
				this.fingerprint = made;
			}
			return this.fingerprint;
		}

	}

	/** Strings by number: there are few. */
	private static final Map<String, Integer> NUMBERS = new HashMap<>();

	private long high = 0x243f6a8885a308d3L;

	private long low = 0x13198a2e03707344L;

	long high() {
		return this.high;
	}

	long low() {
		return this.low;
	}

	Fingerprint add(long value) {
		this.high = mix(this.high ^ value);
		this.low = mix(this.low + value * 0x9e3779b97f4a7c15L);
		return this;
	}

	Fingerprint add(@Nullable String value) {
		synchronized (NUMBERS) {
			return add((value != null) ? NUMBERS.computeIfAbsent(value, (fresh) -> NUMBERS.size() + 1) : 0);
		}
	}

	/** For what says all of itself as a text, of which there are many. */
	Fingerprint addText(Object value) {
		String text = value.toString();
		add(text.length());
		for (int i = 0; i < text.length(); i += 4) {
			long four = 0;
			for (int j = i; j < Math.min(i + 4, text.length()); j++) {
				four = (four << 16) | text.charAt(j);
			}
			add(four);
		}
		return this;
	}

	Fingerprint add(Fingerprint other) {
		return add(other.high).add(other.low);
	}

	/** For parts whose order makes no difference. */
	Fingerprint addUnordered(List<? extends Of> parts) {
		long highs = 0;
		long lows = 0;
		for (Of part : parts) {
			highs += part.fingerprint().high;
			lows += part.fingerprint().low;
		}
		return add(parts.size()).add(highs).add(lows);
	}

	Fingerprint add(@Nullable Generation value) {
		return add((value != null) ? value.name() : null);
	}

	Fingerprint add(@Nullable WalPosition value) {
		return (value != null) ? add(value.generation()).add(value.index()).add(value.offset()) : add(-1);
	}

	Fingerprint add(@Nullable List<Integer> values) {
		if (values == null) {
			return add(-1);
		}
		add(values.size());
		values.forEach((value) -> add(value.longValue()));
		return this;
	}

	Fingerprint add(@Nullable ReplicaLock lock) {
		if (lock == null) {
			return add(-1);
		}
		return add(lock.epoch()).add(lock.runId())
			.add(lock.current())
			.add(lock.previous())
			.add(lock.renewals())
			.add(lock.released() ? 1 : 0);
	}

	private static long mix(long value) {
		long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
		mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
		return mixed ^ (mixed >>> 31);
	}

	/** Sixteen bytes for each state that was seen. */
	static final class Seen {

		private long[] table = new long[1 << 17];

		private int size;

		/** Returns whether it was not there. */
		boolean add(Fingerprint fingerprint) {
			if (this.size * 3L > this.table.length) {
				long[] old = this.table;
				this.table = new long[old.length * 2];
				for (int i = 0; i < old.length; i += 2) {
					if (old[i] != 0 || old[i + 1] != 0) {
						put(old[i], old[i + 1]);
					}
				}
			}
			boolean fresh = put(fingerprint.high, fingerprint.low);
			this.size += fresh ? 1 : 0;
			return fresh;
		}

		private boolean put(long high, long low) {
			int mask = this.table.length - 1;
			int i = (int) (high << 1) & mask;
			while (this.table[i] != 0 || this.table[i + 1] != 0) {
				if (this.table[i] == high && this.table[i + 1] == low) {
					return false;
				}
				i = (i + 2) & mask;
			}
			this.table[i] = high;
			this.table[i + 1] = low;
			return true;
		}

		int size() {
			return this.size;
		}

	}

}
