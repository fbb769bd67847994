package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

/** A server for the class, and an empty bucket for each test. */
public abstract class S3ServerTest {

	static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	static final Instant COMMITTED_AT = Instant.parse("2026-11-22T16:00:00.123456Z");

	private static final AtomicInteger buckets = new AtomicInteger();

	@TempDir
	private static Path directory;

	protected static S3TestServer server;

	protected S3Fixture fixture;

	@BeforeAll
	static void startServer() {
		server = S3TestServer.start(directory);
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	final void createBucket() {
		server.up();
		server.faults().clear();
		this.fixture = new S3Fixture(server, "bucket-" + buckets.incrementAndGet(), "app");
		server.requests().clear();
	}

	@AfterEach
	final void noPartsAreLeft() {
		assertThat(server.unfinishedUploads(this.fixture.bucket())).isZero();
	}

	V03Replica open() {
		return this.fixture.open(S3ReplicaOptions.DEFAULTS);
	}

	static WalPosition segment(int index) {
		return new WalPosition(GENERATION, index, 0);
	}

	static byte[] random(int size) {
		byte[] bytes = new byte[size];
		new Random(size).nextBytes(bytes);
		return bytes;
	}

	static byte[] read(InputStream in) throws IOException {
		try (in) {
			return in.readAllBytes();
		}
	}

}
