package org.litestream4j.lease;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;

/**
 * A lock file for a store that can create an object only if it is not there, but not
 * replace one only if it is unchanged: each version is an object of its own, and the
 * highest one counts. Who writes creates the version after the one that it has read; the
 * highest is never deleted, so that of two who do the same one is refused. Thread-safe.
 * <p>
 * Lower ones are deleted, so that a request that is very late may create one of them
 * again. It changes nothing, and whoever waits for its answer is told by another look
 * that it does not count.
 */
final class LockVersions {

	/** Where the versions are. */
	static final String DIRECTORY = "lock";

	private static final Pattern NAME = Pattern.compile("lock/(\\d{16})\\.json");

	/** How often the highest may be superseded, and deleted, before it was read. */
	private static final int TRIES = 10;

	private static final Logger logger = LoggerFactory.getLogger(LockVersions.class);

	private final ObjectStore store;

	LockVersions(ObjectStore store) {
		this.store = store;
	}

	/** Whether a tag is one of ours. */
	static boolean isTag(@Nullable String tag) {
		return tag != null && NAME.matcher(tag).matches();
	}

	/** The one that counts; empty if there is none. */
	Optional<SmallFile.Version> read() throws IOException {
		for (int tries = 1;; tries++) {
			List<Long> numbers = numbers();
			if (numbers.isEmpty()) {
				return Optional.empty();
			}
			String name = name(numbers.get(numbers.size() - 1));
			Optional<SmallFile.Version> found = new SmallFile(this.store, name).read();
			if (found.isPresent()) {
				return found;
			}
			if (tries == TRIES) {
				throw new NoSuchFileException(name);
			}
		}
	}

	/**
	 * Writes the next version.
	 * @param tag the one that was read; null if there was none
	 * @return the new one's
	 * @throws PreconditionFailedException if it is not the next one any more
	 */
	String write(@Nullable String tag, byte[] bytes) throws IOException {
		long number = (tag != null) ? number(tag) + 1 : 1;
		String name = name(number);
		new SmallFile(this.store, name).write(bytes, Precondition.ABSENT);
		List<Long> numbers = numbers();
		if (!numbers.isEmpty() && numbers.get(numbers.size() - 1) > number) {
			throw new PreconditionFailedException("%s was stored when there was a later one".formatted(name), null);
		}
		tidy(numbers, number);
		return name;
	}

	/** The one before is left to those who are about to read it. */
	private void tidy(List<Long> numbers, long newest) {
		try {
			this.store.delete(numbers.stream().filter((each) -> each < newest - 1).map(LockVersions::name).toList());
		}
		catch (IOException ex) {
			logger.debug("Old lock files of replica {} could not be deleted", this.store.url(), ex);
		}
	}

	private List<Long> numbers() throws IOException {
		List<Long> numbers = new ArrayList<>();
		this.store.list(DIRECTORY, Depth.DIRECTORY, (object) -> {
			Matcher matcher = NAME.matcher(object.name());
			if (matcher.matches()) {
				numbers.add(Long.parseLong(matcher.group(1)));
			}
			return true;
		});
		numbers.sort(null);
		return numbers;
	}

	private static long number(String tag) {
		Matcher matcher = NAME.matcher(tag);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("'%s' is no version of a lock file".formatted(tag));
		}
		return Long.parseLong(matcher.group(1));
	}

	private static String name(long number) {
		return String.format(Locale.ROOT, "%s/%016d.json", DIRECTORY, number);
	}

}
