package org.litestream4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.litestream4j.testsupport.s3.ScriptedStore;

import static org.assertj.core.api.Assertions.assertThat;

/** Waits as long as the command line does, which is 15 s. */
class HungStoreIT {

	/** One of the places where the AWS SDK looks. */
	@BeforeEach
	void giveCredentials() {
		System.setProperty("aws.accessKeyId", "key");
		System.setProperty("aws.secretAccessKey", "secret");
	}

	@AfterEach
	void takeCredentials() {
		System.clearProperty("aws.accessKeyId");
		System.clearProperty("aws.secretAccessKey");
	}

	@Test
	void storeThatNeverAnswersIsGivenUpInOneSentenceWithoutPromises() {
		CountDownLatch never = new CountDownLatch(1);
		try (ScriptedStore store = new ScriptedStore((request, out) -> never.await())) {
			assertGivenUp(store, "generations");
		}
	}

	private static void assertGivenUp(ScriptedStore store, String... arguments) {
		CliRun run = CliRun.of(Stream
			.concat(Stream.of(arguments), Stream.of("-endpoint", store.endpoint().toString(), "s3://bucket/app"))
			.toArray(String[]::new));
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.isOneSentence()).as("%s", run).isTrue();
		assertThat(run.err()).contains("does not answer in time; check the network and the store")
			.doesNotContain("later", "litestream.", "spring");
	}

}
