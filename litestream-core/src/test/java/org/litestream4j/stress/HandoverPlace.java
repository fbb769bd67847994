package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.RealLitestream;

/** Where the replica is that machines hand over to each other. */
public interface HandoverPlace extends AutoCloseable {

	/** What JVMs are started with: they live for a second or two. */
	List<String> JVM = List.of("-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

	/** Makes places. */
	@FunctionalInterface
	interface Maker {

		/**
		 * Makes an empty one.
		 * @param directory for files; new
		 * @param seed of the faults
		 * @param faultsPerThousand of a thousand requests, to how many something happens
		 */
		HandoverPlace make(Path directory, long seed, int faultsPerThousand) throws Exception;

	}

	/** Starts a {@link HandoverChild}. */
	ChildProcess start(List<String> plan) throws IOException;

	/** The replica's store, where nothing goes wrong. The caller closes it. */
	ObjectStore open();

	/** Restores it with the real litestream. */
	void restoreReal(Path output) throws IOException;

	@Override
	void close();

	/** A replica in a directory. */
	static HandoverPlace directory(Path directory, long seed, int faultsPerThousand) {
		Path replica = directory.resolve("replica");
		return new HandoverPlace() {

			@Override
			public ChildProcess start(List<String> plan) throws IOException {
				List<String> arguments = new ArrayList<>(plan);
				arguments.addAll(List.of(replica.toString(), String.valueOf(faultsPerThousand), "1500"));
				return ChildJvm.start(JVM, HandoverChild.class, arguments.toArray(String[]::new));
			}

			@Override
			public ObjectStore open() {
				return Engine.files(replica);
			}

			@Override
			public void restoreReal(Path output) throws IOException {
				RealLitestream.get().restore(replica, output);
			}

			@Override
			public void close() {
			}

		};
	}

}
