package org.litestream4j.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.store.ConditionTrial.Verdict;

/**
 * Finds out what a store does, by doing it. Stores exist that accept a precondition and
 * store the object whatever is there, and no list of names would tell them for long. So a
 * precondition is trusted only after one that did not hold was refused.
 * <p>
 * What is tried cannot show that a store decides <em>atomically</em>: that of the stores
 * here is said by what they are made of.
 */
public final class StoreTrial {

	private static final Logger logger = LoggerFactory.getLogger(StoreTrial.class);

	private static final SecureRandom RANDOM = new SecureRandom();

	/** A put whose answer was lost can be refused because of itself. */
	private static final int TRIES = 3;

	private StoreTrial() {
	}

	/**
	 * Tries both preconditions on a small object of a random name, {@code trial-} and 16
	 * hex digits, which is deleted again; where that is not allowed it stays. Costs five
	 * small puts and a deletion at most.
	 * @param store the store to try
	 * @return what it does with them
	 * @throws IOException if the store cannot be asked now, which says nothing about it
	 */
	public static ConditionTrial conditions(ObjectStore store) throws IOException {
		String name = "trial-" + HexFormat.of().toHexDigits(RANDOM.nextLong());
		Trial trial = new Trial(store, name);
		try {
			return trial.run();
		}
		finally {
			trial.cleanUp();
		}
	}

	/** Of one store, once. Not thread-safe. */
	private static final class Trial {

		private final ObjectStore store;

		private final String name;

		/** Each put has other bytes, as equal ones may have equal tags. */
		private int version;

		/** Of the newest version that is known to have been stored. */
		private @Nullable StoredObject stored;

		private boolean touched;

		Trial(ObjectStore store, String name) {
			this.store = store;
			this.name = name;
		}

		ConditionTrial run() throws IOException {
			Verdict absent = tryAbsent();
			if (absent != Verdict.KEPT) {
				return new ConditionTrial(absent, Verdict.REFUSED, describe("absent", "If-None-Match: *", absent));
			}
			Verdict unchanged = tryUnchanged();
			return new ConditionTrial(absent, unchanged,
					(unchanged == Verdict.KEPT) ? "" : describe("unchanged", "If-Match", unchanged));
		}

		private String describe(String condition, String header, Verdict verdict) {
			String what = (verdict == Verdict.IGNORED)
					? "takes the condition that an object is %s%s and stores another one all the same"
					: "does not store an object on the condition that it is %s%s";
			String inItsWords = this.store.type().equals("s3") ? " (%s)".formatted(header) : "";
			return ("the store of replica %s " + what).formatted(this.store.url(), condition, inItsWords);
		}

		private Verdict tryAbsent() throws IOException {
			if (this.store.capabilities().conditions() == StoreCapabilities.Conditions.NONE) {
				return Verdict.REFUSED;
			}
			try {
				this.stored = put(Precondition.ABSENT);
			}
			catch (PreconditionFailedException ex) {
				return Verdict.KEPT; // nobody else has this name: the answer was lost
			}
			catch (UnsupportedOperationException ex) {
				return Verdict.REFUSED;
			}
			return verdict(Precondition.ABSENT);
		}

		private Verdict tryUnchanged() throws IOException {
			for (int attempt = 1; attempt <= TRIES; attempt++) {
				String before = tag();
				if (before == null) {
					return Verdict.REFUSED;
				}
				try {
					this.stored = put(Precondition.unchanged(before));
				}
				catch (PreconditionFailedException ex) {
					this.stored = null; // a lost answer: another tag is there now
					continue;
				}
				catch (UnsupportedOperationException ex) {
					return Verdict.REFUSED;
				}
				return verdict(Precondition.unchanged(before));
			}
			return Verdict.REFUSED;
		}

		private @Nullable String tag() throws IOException {
			StoredObject known = this.stored;
			if (known != null && known.tag() != null) {
				return known.tag();
			}
			return this.store.stat(this.name).map(StoredObject::tag).orElse(null);
		}

		/** On a precondition that does not hold. */
		private Verdict verdict(Precondition precondition) throws IOException {
			try {
				put(precondition);
				return Verdict.IGNORED;
			}
			catch (PreconditionFailedException ex) {
				return Verdict.KEPT;
			}
			catch (UnsupportedOperationException ex) {
				return Verdict.REFUSED;
			}
		}

		private StoredObject put(Precondition precondition) throws IOException {
			this.touched = true;
			byte[] content = "a trial of this store, %s, version %d\n".formatted(this.name, ++this.version)
				.getBytes(StandardCharsets.UTF_8);
			return this.store.put(NewObject.named(this.name).when(precondition), (out) -> out.write(content));
		}

		/** What went wrong before matters more, and an object too many does no harm. */
		void cleanUp() {
			if (!this.touched) {
				return;
			}
			try {
				this.store.delete(List.of(this.name));
			}
			catch (IOException ex) {
				logger.debug("{} of replica {} stays, as it cannot be deleted", this.name, this.store.url(), ex);
			}
		}

	}

}
