package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ConditionTrial;
import org.litestream4j.store.ConditionTrial.Verdict;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoreTrial;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;
import org.litestream4j.testsupport.s3.ScriptedStore.Asked;
import org.litestream4j.testsupport.s3.ScriptedStore.Script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Preconditions of {@link S3Store}, whatever a store answers to them. */
class S3PreconditionTests {

	private static final Answer STORED = new Answer(200, Map.of("ETag", "\"x\""), "");

	private static final Answer TAKEN = error(412, "PreconditionFailed");

	private static final Answer COMPLETED = Answer.of(200,
			"<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>");

	private static final Answer INVALID_PART = error(400, "InvalidPart");

	private static final Answer CONFLICT = error(409, "ConditionalRequestConflict");

	private static final NewObject NEW = NewObject.named("d/a").when(Precondition.ABSENT);

	private static final NewObject CHANGED = NewObject.named("d/a").when(Precondition.unchanged("\"old\""));

	private static Answer error(int status, String code) {
		return Answer.of(status, "<Error><Code>%s</Code><Message>m</Message></Error>".formatted(code));
	}

	/** Answers uploads one after the other, the last one again and again. */
	private static Script uploads(Answer... answers) {
		Deque<Answer> left = new ArrayDeque<>(List.of(answers));
		return (request, out) -> answer(left, request, out);
	}

	private static void answer(Deque<Answer> left, Asked request, OutputStream out) throws IOException {
		Answer next = STORED;
		if (request.method().equals("PUT")) {
			next = (left.size() > 1) ? left.remove() : left.element();
		}
		next.answer(request, out);
	}

	private static S3Store open(ScriptedStore store) {
		return new S3Store(S3Clients.create(Scripted.connection(store), null), true, S3Location.of("bucket", "app"),
				S3ReplicaOptions.DEFAULTS);
	}

	private static StoredObject put(S3Store store, NewObject object) throws IOException {
		return store.put(object, (out) -> out.write(1));
	}

	private static List<Asked> puts(ScriptedStore store) {
		return store.asked().stream().filter((request) -> request.method().equals("PUT")).toList();
	}

	@Test
	void preconditionsAreHeadersOfTheUpload() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(STORED)); S3Store store = open(server)) {
			assertThat(put(store, NEW).tag()).isEqualTo("\"x\"");
			put(store, CHANGED);
			put(store, NewObject.named("d/a"));
			assertThat(puts(server)).hasSize(3);
			assertThat(puts(server).get(0).headers()).containsEntry("if-none-match", "*").doesNotContainKey("if-match");
			assertThat(puts(server).get(1).headers()).containsEntry("if-match", "\"old\"");
			assertThat(puts(server).get(2).headers()).doesNotContainKeys("if-none-match", "if-match");
			assertThat(store.capabilities().conditions()).as("nothing was decided").isEqualTo(Conditions.UNTRIED);
		}
	}

	@Test
	void preconditionThatDoesNotHoldIsSaidAndProvesThatTheStoreDecides() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(TAKEN)); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> put(store, NEW))
				.withMessage("d/a of replica s3://bucket/app was not stored: there is such an object already");
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> put(store, CHANGED))
				.withMessage("d/a of replica s3://bucket/app was not stored: the object has been replaced or deleted");
			assertThat(puts(server)).hasSize(2);
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.ATOMIC);
		}
	}

	@Test
	void objectThatWasDeletedIsNotUnchanged() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(error(404, "NoSuchKey"))); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> put(store, CHANGED))
				.withMessageContaining("the object has been deleted");
		}
	}

	@Test
	void conflictIsTriedAgainWithTheSameBytes() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(CONFLICT, CONFLICT, STORED));
				S3Store store = open(server)) {
			int[] written = new int[1];
			store.put(NEW, (out) -> out.write(++written[0]));
			assertThat(written[0]).isEqualTo(3);
			assertThat(puts(server)).hasSize(3);
		}
	}

	@Test
	void conflictAfterWhichAnotherWriterHasWonIsNoFailureOfTheStore() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(CONFLICT, TAKEN)); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> put(store, NEW));
		}
	}

	@Test
	void conflictsThatDoNotEndAreAFailure() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(CONFLICT)); S3Store store = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> put(store, NEW))
				.isNotInstanceOf(PreconditionFailedException.class)
				.withMessageContaining("cannot write d/a of replica s3://bucket/app");
			assertThat(puts(server)).hasSize(5);
		}
	}

	@ParameterizedTest
	@CsvSource({ "501, NotImplemented", "400, NotImplemented", "400, InvalidArgument", "400, InvalidRequest" })
	void storeThatKnowsNoPreconditionsIsAskedOnce(int status, String code) throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(error(status, code))); S3Store store = open(server)) {
			for (int i = 0; i < 2; i++) {
				assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> put(store, NEW))
					.withMessageContaining("knows no preconditions");
			}
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.NONE);
			assertThat(puts(server)).hasSize(1);
		}
	}

	/** Joining parts may take so long that a store begins its answer before it knows. */
	@ParameterizedTest
	@CsvSource({ "200, PreconditionFailed", "412, PreconditionFailed" })
	void uploadInPartsIsRefusedWhenItIsCompleted(int status, String code) throws IOException {
		try (ScriptedStore server = new ScriptedStore(parts(error(status, code))); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> putInParts(store, NEW))
				.withMessageContaining("there is such an object already");
			assertThat(completions(server)).singleElement()
				.satisfies((request) -> assertThat(request.headers()).containsEntry("if-none-match", "*"));
			assertThat(server.asked()).as("the parts are not left")
				.anyMatch((request) -> request.method().equals("DELETE"));
		}
	}

	@Test
	void conflictWhileAnUploadInPartsIsCompletedIsTriedAgainFromTheBeginning() throws IOException {
		try (ScriptedStore server = new ScriptedStore(parts(CONFLICT, COMPLETED)); S3Store store = open(server)) {
			assertThat(putInParts(store, NEW).tag()).isEqualTo("\"x\"");
			assertThat(completions(server)).hasSize(2);
		}
	}

	/** The object may be another's of the same size: it is for the caller to look. */
	@Test
	void answerThatWasLostWhenAnUploadInPartsWasCompletedIsNotHidden() throws IOException {
		Answer there = new Answer(200, Map.of("ETag", "\"y\""), "x".repeat(9 << 20));
		Script completions = parts(error(404, "NoSuchUpload"));
		try (ScriptedStore server = new ScriptedStore((request, out) -> {
			if (request.method().equals("HEAD")) {
				there.answer(request, out);
			}
			else {
				completions.answer(request, out);
			}
		}); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> putInParts(store, NEW));
			assertThat(putInParts(store, NewObject.named("d/a")).size()).isEqualTo(9 << 20);
		}
	}

	/** Loses the first completion, and finds parts missing when the next one comes. */
	private static Script halfCompleted(Answer... looks) {
		Deque<Answer> left = new ArrayDeque<>(List.of(looks));
		AtomicInteger completions = new AtomicInteger();
		Script rest = parts(INVALID_PART);
		return (request, out) -> {
			if (request.method().equals("HEAD")) {
				((left.size() > 1) ? left.remove() : left.element()).answer(request, out);
			}
			else if (isCompletion(request) && completions.getAndIncrement() == 0) {
				throw new IOException("the connection ends");
			}
			else {
				rest.answer(request, out);
			}
		};
	}

	@Test
	void objectThatIsStillBeingCompletedWhenItsCompletionIsRepeatedIsWaitedFor() throws IOException {
		Answer smaller = new Answer(200, Map.of("ETag", "\"old\""), "x");
		Answer other = new Answer(200, Map.of("ETag", "\"old\"", "x-amz-meta-of", "b"), "x".repeat(9 << 20));
		Answer there = new Answer(200, Map.of("ETag", "\"y\"", "x-amz-meta-of", "a"), "x".repeat(9 << 20));
		try (ScriptedStore server = new ScriptedStore(
				halfCompleted(error(404, "NoSuchKey"), smaller, other, error(403, "AccessDenied"), there));
				S3Store store = open(server)) {
			assertThat(putInParts(store, NewObject.named("d/a").withMetadata(Map.of("of", "a"))).tag())
				.isEqualTo("\"y\"");
			assertThat(completions(server)).hasSize(2);
		}
	}

	@Test
	void objectThatIsThereWhenItsCompletionIsRepeatedMayBeAnothersOnAPrecondition() throws IOException {
		Answer there = new Answer(200, Map.of("ETag", "\"y\""), "x".repeat(9 << 20));
		try (ScriptedStore server = new ScriptedStore(halfCompleted(error(404, "NoSuchKey"), there));
				S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> putInParts(store, NEW));
		}
		Answer old = new Answer(200, Map.of("ETag", "\"old\""), "x");
		try (ScriptedStore server = new ScriptedStore(halfCompleted(old, there)); S3Store store = open(server)) {
			assertThatExceptionOfType(PreconditionFailedException.class).isThrownBy(() -> putInParts(store, CHANGED));
			assertThat(heads(server)).as("what is unchanged was not stored").hasSize(2);
		}
	}

	@Test
	void objectThatNeverComesAfterItsCompletionWasRepeatedIsAFailure() throws IOException {
		try (ScriptedStore server = new ScriptedStore(halfCompleted(error(404, "NoSuchKey")));
				S3Store store = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> putInParts(store, NewObject.named("d/a")))
				.isNotInstanceOf(PreconditionFailedException.class)
				.withMessageContaining("HTTP 400 InvalidPart");
			assertThat(heads(server)).hasSize(7);
		}
	}

	/** Then an object of that name is none that was sent. */
	@Test
	void partThatIsMissingTheFirstTimeIsAFailureAtOnce() throws IOException {
		try (ScriptedStore server = new ScriptedStore(parts(INVALID_PART)); S3Store store = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> putInParts(store, NewObject.named("d/a")))
				.withMessageContaining("HTTP 400 InvalidPart");
			assertThat(heads(server)).isEmpty();
		}
	}

	private static List<Asked> heads(ScriptedStore store) {
		return store.asked().stream().filter((request) -> request.method().equals("HEAD")).toList();
	}

	@Test
	void storeThatTakesPreconditionsAndIgnoresThemIsFoundOut() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(STORED)); S3Store store = open(server)) {
			ConditionTrial trial = StoreTrial.conditions(store);
			assertThat(trial.absent()).isEqualTo(Verdict.IGNORED);
			assertThat(trial.canFence()).isFalse();
			assertThat(trial.detail()).isEqualTo("the store of replica s3://bucket/app takes the condition that an"
					+ " object is absent (If-None-Match: *) and stores another one all the same");
		}
	}

	@Test
	void storeThatOnlyIgnoresTagsIsFoundOut() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(STORED, TAKEN, STORED, STORED));
				S3Store store = open(server)) {
			ConditionTrial trial = StoreTrial.conditions(store);
			assertThat(trial.absent()).isEqualTo(Verdict.KEPT);
			assertThat(trial.unchanged()).isEqualTo(Verdict.IGNORED);
			assertThat(trial.detail()).contains("unchanged (If-Match)");
		}
	}

	@Test
	void storeThatKnowsNoPreconditionsIsFoundOut() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(error(501, "NotImplemented")));
				S3Store store = open(server)) {
			assertThat(StoreTrial.conditions(store).absent()).isEqualTo(Verdict.REFUSED);
		}
	}

	/** Whoever may not write is not told that the store knows no preconditions. */
	@Test
	void storeThatDeniesIsNotFoundOut() throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(error(403, "AccessDenied")));
				S3Store store = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> StoreTrial.conditions(store))
				.withMessageContaining("allow s3:PutObject");
		}
	}

	/** Answers what completes an upload in parts, one after the other. */
	private static Script parts(Answer... completions) {
		Deque<Answer> left = new ArrayDeque<>(List.of(completions));
		return (request, out) -> {
			if (request.method().equals("POST") && request.target().contains("uploads")) {
				Answer.of(200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
					.answer(request, out);
			}
			else if (request.method().equals("POST")) {
				((left.size() > 1) ? left.remove() : left.element()).answer(request, out);
			}
			else {
				new Answer(request.method().equals("DELETE") ? 204 : 200, Map.of("ETag", "\"x\""), "").answer(request,
						out);
			}
		};
	}

	private static StoredObject putInParts(S3Store store, NewObject object) throws IOException {
		return store.put(object, (out) -> out.write(new byte[9 << 20]));
	}

	private static List<Asked> completions(ScriptedStore store) {
		return store.asked().stream().filter(S3PreconditionTests::isCompletion).toList();
	}

	private static boolean isCompletion(Asked request) {
		return request.method().equals("POST") && request.target().contains("uploadId=");
	}

	/** Without a precondition, what these codes mean is not for the store to say. */
	@ParameterizedTest
	@ValueSource(ints = { 409, 412, 501 })
	void refusalOfAPutWithoutPreconditionIsAFailure(int status) throws IOException {
		try (ScriptedStore server = new ScriptedStore(uploads(error(status, "Odd"))); S3Store store = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> put(store, NewObject.named("d/a")))
				.isNotInstanceOf(PreconditionFailedException.class)
				.withMessageContaining("cannot write d/a");
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.UNTRIED);
		}
	}

}
