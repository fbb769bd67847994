package org.litestream4j.testsupport.s3;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The server in a process of its own, which others share: several JVMs that write to one
 * replica. Takes a command a line from its standard input and answers with a line, and
 * ends with it: so it ends with whoever started it. <pre>
 * S3ServerMain &lt;directory&gt; &lt;bucket&gt;
 *
 * chaos &lt;seed&gt; &lt;per mille&gt; &lt;ms&gt;   misbehave by chance, up to so many milliseconds late
 * calm                            behave
 * down, up                        refuse connections, and listen again on the same port
 * requests                        how many there have been
 * </pre>
 */
public final class S3ServerMain {

	private S3ServerMain() {
	}

	/**
	 * Prints where it listens, with faults and without, and serves.
	 * @param args the directory that keeps the objects, and the name of a bucket
	 */
	public static void main(String[] args) throws IOException {
		PrintStream answers = System.out;
		System.setOut(System.err); // what is logged is no answer
		try (S3TestServer server = S3TestServer.start(Path.of(args[0]))) {
			server.createBucket(args[1]);
			serve(server, new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)), answers);
		}
	}

	static void serve(S3TestServer server, BufferedReader commands, PrintStream out) throws IOException {
		out.println("%s %s".formatted(server.endpoint(), server.directEndpoint()));
		for (String line = commands.readLine(); line != null; line = commands.readLine()) {
			out.println(answer(server, line.strip().split(" +")));
		}
	}

	private static String answer(S3TestServer server, String[] command) {
		switch (command[0]) {
			case "chaos" -> {
				Chaos chaos = new Chaos(Long.parseLong(command[1]), Integer.parseInt(command[2]),
						Duration.ofMillis(Long.parseLong(command[3])));
				server.faults().clear();
				server.faults().chaos(chaos);
				return chaos.toString();
			}
			case "calm" -> server.faults().clear();
			case "down" -> server.down();
			case "up" -> server.up();
			case "requests" -> {
				return "%d".formatted(server.requests().requests().size());
			}
			default -> {
				return "what is %s?".formatted(command[0]);
			}
		}
		return command[0];
	}

}
