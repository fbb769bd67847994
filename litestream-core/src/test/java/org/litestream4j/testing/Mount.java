package org.litestream4j.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Assumptions;

/**
 * A file system that a test mounts, if it may, which only root does. Else the test is
 * skipped. Closing unmounts it.
 */
public final class Mount implements AutoCloseable {

	private final Path point;

	private final String remount;

	private Mount(Path point, String remount) {
		this.point = point;
		this.remount = remount;
	}

	/** An empty file system in memory. */
	public static Mount tmpfs(Path point, String size) throws IOException {
		require(List.of("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", point.toString()));
		return new Mount(point, "remount,");
	}

	/**
	 * An empty ext4 file system of 16 MB.
	 * @param image the file that it is made in
	 * @param options of {@code mkfs.ext4}
	 */
	public static Mount ext4(Path image, Path point, String... options) throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
			file.setLength(16 << 20);
		}
		List<String> make = new ArrayList<>(List.of("mkfs.ext4", "-q"));
		make.addAll(List.of(options));
		make.add(image.toString());
		require(make);
		require(List.of("mount", "-o", "loop", image.toString(), point.toString()));
		return new Mount(point, "remount,");
	}

	/** The same directory over itself, so that it can be made read-only. */
	public static Mount bind(Path point) throws IOException {
		require(List.of("mount", "--bind", point.toString(), point.toString()));
		return new Mount(point, "remount,bind,");
	}

	private static void require(List<String> command) throws IOException {
		Assumptions.assumeTrue(run(command) == 0, "nothing may be mounted here: run the tests as root");
	}

	/** Changes its options, for example to {@code ro} or {@code size=50m}. */
	public void remount(String options) throws IOException {
		if (run(List.of("mount", "-o", this.remount + options, this.point.toString())) != 0) {
			throw new IOException("%s cannot be remounted with %s".formatted(this.point, options));
		}
	}

	private static int run(List<String> command) throws IOException {
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor();
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
	}

	@Override
	public void close() throws IOException {
		if (run(List.of("umount", "-l", this.point.toString())) != 0) {
			throw new IOException("%s cannot be unmounted".formatted(this.point));
		}
	}

}
