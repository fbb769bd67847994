package org.litestream4j.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A replica's directory on a small file system of its own, which fills up and from which
 * the directory disappears.
 */
final class UnsteadyDirectory implements AutoCloseable {

	private static final String SIZE = "256m";

	private final Path mount;

	private final boolean mounted;

	private UnsteadyDirectory(Path mount, boolean mounted) {
		this.mount = mount;
		this.mounted = mounted;
	}

	static UnsteadyDirectory create(Path mount) throws IOException {
		Files.createDirectories(mount);
		boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", mount.toString());
		if (!mounted) {
			System.out.println("nothing may be mounted here, so the replica will not fill up, only disappear");
		}
		Files.createDirectories(mount.resolve("replica"));
		return new UnsteadyDirectory(mount, mounted);
	}

	Path replica() {
		return this.mount.resolve("replica");
	}

	private Path away() {
		return this.mount.resolve("away");
	}

	private Path ballast() {
		return this.mount.resolve("ballast");
	}

	/** Leaves no byte free. */
	void fill() throws IOException {
		if (!this.mounted) {
			vanish();
			return;
		}
		byte[] block = new byte[4096];
		try (OutputStream out = Files.newOutputStream(ballast())) {
			while (true) {
				out.write(block);
			}
		}
		catch (IOException ex) {
			System.out.println("the unsteady replica is full: " + ex.getMessage());
		}
	}

	void vanish() throws IOException {
		Files.move(replica(), away(), StandardCopyOption.ATOMIC_MOVE);
		System.out.println("the unsteady replica has disappeared");
	}

	/** As if nothing had been. */
	void restore() throws IOException {
		Files.deleteIfExists(ballast());
		if (Files.exists(away())) {
			Files.move(away(), replica(), StandardCopyOption.ATOMIC_MOVE);
		}
	}

	@Override
	public void close() throws IOException {
		if (this.mounted && !run("umount", "-l", this.mount.toString())) {
			throw new IOException("%s cannot be unmounted".formatted(this.mount));
		}
	}

	private static boolean run(String... command) throws IOException {
		try {
			return new ProcessBuilder(List.of(command)).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor() == 0;
		}
		catch (InterruptedException ex) {
			throw new IOException("interrupted", ex);
		}
	}

}
