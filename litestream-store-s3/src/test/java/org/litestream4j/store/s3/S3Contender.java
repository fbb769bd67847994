package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * A process that wants what others want: each name of a chain, one after the other, and
 * to add to one object again and again. It keeps at each until it knows who has got it,
 * and says on its standard output what it has got itself.
 */
final class S3Contender {

	private final ObjectStore store;

	private final String writer;

	private S3Contender(ObjectStore store, String writer) {
		this.store = store;
		this.writer = writer;
	}

	/**
	 * Contends.
	 * @param args the endpoint, the bucket, the writer's name, and how many rounds
	 */
	public static void main(String[] args) throws IOException {
		S3Connection connection = new S3Connection(URI.create(args[0]), S3TestServer.REGION, null,
				S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY);
		try (S3Store store = new S3Store(S3Clients.create(connection, null), true, S3Location.of(args[1], "app"),
				S3ReplicaOptions.DEFAULTS)) {
			S3Contender contender = new S3Contender(store, args[2]);
			for (int round = 0; round < Integer.parseInt(args[3]); round++) {
				if (contender.takes(round)) {
					System.out.println("took " + round);
				}
				contender.adds(round);
				System.out.println("added " + round);
			}
		}
	}

	/** Whether the name is ours in the end. */
	private boolean takes(int round) {
		String name = "chain/%05d".formatted(round);
		while (true) {
			try {
				put(name, Precondition.ABSENT, line(round));
				return true;
			}
			catch (PreconditionFailedException ex) {
				return untilAnswered(() -> read(name)).equals(line(round));
			}
			catch (IOException ex) {
				// whether it was stored is not known: asking again is safe
			}
		}
	}

	/** Adds a line to what is there, until it is known to be in it. */
	private void adds(int round) {
		while (true) {
			Content now = untilAnswered(this::content);
			if (now.text().contains(line(round))) {
				return;
			}
			try {
				put("log", now.precondition(), now.text() + line(round));
				return;
			}
			catch (IOException ex) {
				// refused, or not known: look
			}
		}
	}

	private Content content() throws IOException {
		StoredObject there = this.store.stat("log").orElse(null);
		if (there == null) {
			return new Content("", Precondition.ABSENT);
		}
		try (InputStream in = this.store.open(there, 0, StoredObject.END)) {
			return new Content(new String(in.readAllBytes(), StandardCharsets.UTF_8),
					Precondition.unchanged(String.valueOf(there.tag())));
		}
		catch (ObjectReplacedException ex) {
			return content();
		}
	}

	private String read(String name) throws IOException {
		try (InputStream in = this.store.open(this.store.stat(name).orElseThrow(), 0, StoredObject.END)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private String line(int round) {
		return "%s %d%n".formatted(this.writer, round);
	}

	private void put(String name, Precondition precondition, String text) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		this.store.put(NewObject.named(name).when(precondition), (out) -> out.write(bytes));
	}

	private static <T> T untilAnswered(Question<T> question) {
		while (true) {
			try {
				return question.ask();
			}
			catch (IOException ex) {
				// asked again
			}
		}
	}

	/** What may fail. */
	private interface Question<T> {

		T ask() throws IOException;

	}

	/** What is there, and what must still hold to add to it. */
	private record Content(String text, Precondition precondition) {
	}

}
