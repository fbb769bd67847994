package org.litestream4j.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.sqlite.WalTail;

/**
 * The real litestream v0.3.13, for the tests that show that both programs understand each
 * other. It is found by the environment variable {@code LITESTREAM_BIN}, else in
 * {@code .tools} below the repository's root. Immutable.
 *
 * @see EnabledIfRealLitestream
 */
public final class RealLitestream extends LitestreamProgram {

	private static final Pattern SEGMENT_WRITTEN = Pattern
		.compile("wal segment written .*position=[0-9a-f]+/[0-9a-f]+:([0-9]+) .*sz=([0-9]+)");

	private RealLitestream(Path binary, Map<String, String> environment) {
		super(binary, environment);
	}

	/** The binary, if there is one. */
	public static Optional<Path> find() {
		return Tool.named("LITESTREAM_BIN")
			.or(() -> Tool.below(".tools/node_modules/@flydotio/litestream-linux-x64/litestream"));
	}

	/** The real litestream, which must be there. */
	public static RealLitestream get() {
		return new RealLitestream(find().orElseThrow(), Map.of());
	}

	/** The same with one more environment variable, for example an S3 access key. */
	public RealLitestream with(String variable, String value) {
		return new RealLitestream(binary(), environmentWith(variable, value));
	}

	/** Starts replicating as a configuration file says. */
	public ChildProcess replicateAsConfigured(Path configuration) throws IOException {
		return begun(start("replicate", "-config", configuration.toString()));
	}

	/**
	 * Reads the output of a replicating litestream up to the segment that reaches the end
	 * of the database's WAL. To be called once after the last of one or more commits.
	 */
	public static void awaitShipped(ChildProcess replicating, Path database) throws IOException {
		Path wal = Path.of(database + "-wal");
		long end;
		try (InputStream in = new BufferedInputStream(Files.newInputStream(wal))) {
			end = WalTail.scan(in, wal.toString()).commitOffset();
		}
		replicating.awaitLine((line) -> {
			Matcher matcher = SEGMENT_WRITTEN.matcher(line);
			return matcher.find() && Long.parseLong(matcher.group(1)) + Long.parseLong(matcher.group(2)) == end;
		});
	}

}
