package org.litestream4j.store.s3;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.stress.HandoverPlace;
import org.litestream4j.stress.HandoverRounds;
import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testsupport.s3.S3ServerProcess;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * A bucket of a server in a process of its own, behind a proxy that delays requests and
 * answers, drops them, and lets requests take effect that their sender has given up.
 */
final class S3HandoverRounds implements HandoverPlace {

	private static final String BUCKET = "handover";

	private static final Duration LATEST = Duration.ofMillis(1500);

	private final S3ServerProcess server;

	private S3HandoverRounds(S3ServerProcess server) {
		this.server = server;
	}

	static HandoverPlace make(Path directory, long seed, int faultsPerThousand) throws IOException {
		S3ServerProcess server = S3ServerProcess.start(directory.resolve("s3"), BUCKET);
		if (faultsPerThousand > 0) {
			server.chaos(seed, faultsPerThousand, LATEST);
		}
		return new S3HandoverRounds(server);
	}

	@Override
	public ChildProcess start(List<String> plan) throws IOException {
		List<String> arguments = new ArrayList<>(plan);
		arguments.addAll(List.of(this.server.endpoint().toString(), BUCKET));
		return ChildJvm.start(JVM, S3HandoverChild.class, arguments.toArray(String[]::new));
	}

	@Override
	public ObjectStore open() {
		return S3HandoverChild.store(this.server.directEndpoint(), BUCKET);
	}

	@Override
	public void restoreReal(Path output) throws IOException {
		RealLitestream.get()
			.with("LITESTREAM_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY_ID)
			.with("LITESTREAM_SECRET_ACCESS_KEY", S3TestServer.SECRET_ACCESS_KEY)
			.restore("s3://%s.localhost:%d/app".formatted(BUCKET, this.server.directEndpoint().getPort()), output);
	}

	@Override
	public void close() {
		this.server.close();
	}

	/** The long run, as {@link HandoverRounds} has it. */
	public static void main(String[] arguments) throws Exception {
		HandoverRounds.main(arguments, S3HandoverRounds::make);
	}

}
