package org.litestream4j.lease;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * The bytes of {@code lock.json} and {@code wanted.json}: each one flat JSON object. What
 * is not known is ignored, so that later versions may add to it; what is known and makes
 * no sense is an error. Thread-safe, as it has no state.
 */
final class LockJson {

	/*-
	 * lock.json
	 *   generation   the epoch; this, expires_at and owner are what Litestream v0.5 writes
	 *   expires_at   for people and for v0.5: nothing here depends on it
	 *   owner        for people
	 *   run          16 hex digits
	 *   current      the generation that is written, 16 hex digits
	 *   previous     the one to restore while that has no snapshot
	 *   renewals
	 *   position     <generation>/<index>:<offset>
	 *   released     true or false
	 *   lease        milliseconds for which the owner counts as alive while it says nothing
	 *
	 * lock.json of a store that cannot compare and set, for good
	 *   generation, expires_at, owner   so that v0.5 leaves it alone
	 *   versions     the directory of the lock files that count
	 *
	 * wanted.json
	 *   run, owner, counter
	 */

	/** The most bytes of such a file. */
	static final int LARGEST = 1 << 16;

	/** The largest number that every reader of JSON understands. */
	private static final long LARGEST_NUMBER = (1L << 53) - 1;

	private static final int LONGEST_STRING = 1024;

	private static final int DEEPEST = 8;

	/** What v0.5 writes where it cannot delete the file: the lease is released. */
	private static final Instant NO_TIME = Instant.parse("0001-01-01T00:00:00Z");

	private static final JsonFactory FACTORY = JsonFactory.builder()
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxDocumentLength(LARGEST)
			.maxStringLength(LONGEST_STRING)
			.maxNameLength(LONGEST_STRING)
			.maxNestingDepth(DEEPEST)
			.build())
		.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
		.build();

	private LockJson() {
	}

	static byte[] write(ReplicaLock lock, Instant expiresAt, Duration lease) {
		return write((json) -> {
			json.writeNumberProperty("generation", lock.epoch());
			json.writeStringProperty("expires_at", expiresAt.truncatedTo(ChronoUnit.SECONDS).toString());
			json.writeStringProperty("owner", lock.owner());
			json.writeStringProperty("run", lock.runId());
			writeIfAny(json, "current", lock.current());
			writeIfAny(json, "previous", lock.previous());
			json.writeNumberProperty("renewals", lock.renewals());
			writeIfAny(json, "position", lock.position());
			json.writeBooleanProperty("released", lock.released());
			json.writeNumberProperty("lease", lease.toMillis());
		});
	}

	/** The lock file that says that those in a directory count. */
	static byte[] elsewhere(String directory) {
		return write((json) -> {
			json.writeNumberProperty("generation", 1);
			json.writeStringProperty("expires_at", "9999-12-31T23:59:59Z");
			json.writeStringProperty("owner", "see %s/".formatted(directory));
			json.writeStringProperty("versions", directory);
		});
	}

	/**
	 * Whether a lock file says so.
	 * @throws IllegalArgumentException with a clause that says what is wrong
	 */
	static boolean isElsewhere(byte[] bytes) {
		String directory = new Fields(bytes).string("versions", "");
		if (!directory.isEmpty() && !directory.equals(LockVersions.DIRECTORY)) {
			throw new IllegalArgumentException(
					"versions is '%s': '%s' is expected".formatted(directory, LockVersions.DIRECTORY));
		}
		return !directory.isEmpty();
	}

	static byte[] write(Wish wish) {
		return write((json) -> {
			json.writeStringProperty("run", wish.runId());
			json.writeStringProperty("owner", wish.owner());
			json.writeNumberProperty("counter", wish.counter());
		});
	}

	/**
	 * Reads a lock file.
	 * @throws IllegalArgumentException with a clause that says what is wrong
	 */
	static ReplicaLock readLock(byte[] bytes) {
		Fields fields = new Fields(bytes);
		long epoch = fields.number("generation", null);
		if (epoch < 1) {
			throw new IllegalArgumentException("generation is %d: 1 or more is expected".formatted(epoch));
		}
		String run = fields.string("run", "");
		boolean released = fields.bool("released", false)
				|| (run.isEmpty() && NO_TIME.toString().equals(fields.string("expires_at", "")));
		return new ReplicaLock(epoch, run, fields.string("owner", ""), fields.generation("current"),
				fields.generation("previous"), fields.number("renewals", 0L), fields.position("position"), released);
	}

	/**
	 * How long its owner counts as alive while it says nothing; zero if it does not say.
	 * @throws IllegalArgumentException with a clause that says what is wrong
	 */
	static Duration readLease(byte[] bytes) {
		return Duration.ofMillis(new Fields(bytes).number("lease", 0L));
	}

	/**
	 * Reads a wish.
	 * @throws IllegalArgumentException with a clause that says what is wrong
	 */
	static Wish readWish(byte[] bytes) {
		Fields fields = new Fields(bytes);
		return new Wish(fields.string("run", ""), fields.string("owner", ""), fields.number("counter", 0L));
	}

	private static byte[] write(Consumer<JsonGenerator> fields) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
			json.writeStartObject();
			fields.accept(json);
			json.writeEndObject();
		}
		return bytes.toByteArray();
	}

	private static void writeIfAny(JsonGenerator json, String name, @Nullable Object value) {
		if (value != null) {
			json.writeStringProperty(name, value.toString());
		}
	}

	/** The fields of one object, each a string, a number or a boolean. */
	private static final class Fields {

		private final Map<String, Object> values = new HashMap<>();

		Fields(byte[] bytes) {
			if (bytes.length > LARGEST) {
				throw new IllegalArgumentException("it has more than %d bytes".formatted(LARGEST));
			}
			try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
				if (json.nextToken() != JsonToken.START_OBJECT) {
					throw new IllegalArgumentException("it is no JSON object");
				}
				while (json.nextToken() != JsonToken.END_OBJECT) {
					String name = json.currentName();
					json.nextToken();
					read(name, json);
				}
				if (json.nextToken() != null) {
					throw new IllegalArgumentException("there is more behind the JSON object");
				}
			}
			catch (JacksonException ex) {
				throw new IllegalArgumentException("it is no JSON object: " + firstLine(ex.getOriginalMessage()), ex);
			}
		}

		private void read(String name, JsonParser json) {
			JsonToken token = json.currentToken();
			if (token == JsonToken.VALUE_STRING) {
				this.values.put(name, json.getString());
			}
			else if (token == JsonToken.VALUE_NUMBER_INT) {
				this.values.put(name, integer(json));
			}
			else if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
				this.values.put(name, token == JsonToken.VALUE_TRUE);
			}
			else if (token != JsonToken.VALUE_NULL) {
				json.skipChildren();
				this.values.put(name, Other.VALUE);
			}
		}

		private static Object integer(JsonParser json) {
			JsonParser.NumberType type = json.getNumberType();
			return (type == JsonParser.NumberType.INT || type == JsonParser.NumberType.LONG)
					? (Object) json.getLongValue() : Other.VALUE;
		}

		private static String firstLine(@Nullable String message) {
			String text = Objects.requireNonNullElse(message, "");
			int end = text.indexOf('\n');
			return (end < 0) ? text : text.substring(0, end);
		}

		/** A value without a default has to be there. */
		long number(String name, @Nullable Long missing) {
			Object value = (missing != null) ? this.values.getOrDefault(name, missing) : this.values.get(name);
			if (!(value instanceof Long number) || number < 0 || number > LARGEST_NUMBER) {
				throw new IllegalArgumentException(
						"%s is no whole number from 0 to %d".formatted(name, LARGEST_NUMBER));
			}
			return number;
		}

		String string(String name, String missing) {
			if (!(this.values.getOrDefault(name, missing) instanceof String string)) {
				throw new IllegalArgumentException("%s is no string".formatted(name));
			}
			return string;
		}

		boolean bool(String name, boolean missing) {
			if (!(this.values.getOrDefault(name, missing) instanceof Boolean bool)) {
				throw new IllegalArgumentException("%s is neither true nor false".formatted(name));
			}
			return bool;
		}

		@Nullable Generation generation(String name) {
			String text = string(name, "");
			return text.isEmpty() ? null : new Generation(text);
		}

		@Nullable WalPosition position(String name) {
			String text = string(name, "");
			return text.isEmpty() ? null : WalPosition.parse(text);
		}

	}

	/** What no known field can be. */
	private enum Other {

		VALUE

	}

}
