package org.litestream4j.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The real Litestream v0.5, which writes LTX, for the tests that show that both programs
 * understand each other. It is found by the environment variable {@code LITESTREAM5_BIN}.
 * Immutable.
 *
 * @see EnabledIfRealLitestream5
 */
public final class RealLitestream5 extends LitestreamProgram {

	private RealLitestream5(Path binary, Map<String, String> environment) {
		super(binary, environment);
	}

	/** The binary, if there is one. */
	public static Optional<Path> find() {
		return Tool.named("LITESTREAM5_BIN");
	}

	/** Its extension of SQLite that reads replicas, if there is one. */
	public static Optional<Path> extension() {
		return Optional.ofNullable(System.getenv("LITESTREAM_VFS"))
			.filter((value) -> !value.isBlank())
			.map(Path::of)
			.filter(Files::isRegularFile);
	}

	/** The real litestream, which must be there. */
	public static RealLitestream5 get() {
		return new RealLitestream5(find().orElseThrow(), Map.of());
	}

	/** The same with one more environment variable, for example an S3 access key. */
	public RealLitestream5 with(String variable, String value) {
		return new RealLitestream5(binary(), environmentWith(variable, value));
	}

}
