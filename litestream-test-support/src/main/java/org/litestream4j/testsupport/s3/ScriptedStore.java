package org.litestream4j.testsupport.s3;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ServerSocketFactory;

import org.jspecify.annotations.Nullable;

/**
 * Answers requests with whatever bytes a test wants, a store's or not. Thread-safe.
 */
public final class ScriptedStore implements AutoCloseable {

	private final ServerSocket listener;

	private final Script script;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final List<Asked> asked = new CopyOnWriteArrayList<>();

	private final AtomicInteger connections = new AtomicInteger();

	/**
	 * Starts it on a loopback port.
	 * @param script answers
	 */
	public ScriptedStore(Script script) {
		this(script, ServerSocketFactory.getDefault());
	}

	/**
	 * Starts it on a loopback port.
	 * @param script answers
	 * @param sockets listens, perhaps with TLS
	 */
	public ScriptedStore(Script script, ServerSocketFactory sockets) {
		this.script = script;
		try {
			this.listener = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		daemon(this::accept);
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task, "scripted-store");
		thread.setDaemon(true);
		thread.start();
	}

	public URI endpoint() {
		return URI.create("http://127.0.0.1:" + this.listener.getLocalPort());
	}

	/** What it was asked so far. */
	public List<Asked> asked() {
		return this.asked;
	}

	private void accept() {
		while (!this.listener.isClosed()) {
			try {
				Socket socket = this.listener.accept();
				this.sockets.add(socket);
				int connection = this.connections.incrementAndGet();
				daemon(() -> serve(socket, connection));
			}
			catch (IOException ex) {
				// closed
			}
		}
	}

	private void serve(Socket socket, int connection) {
		try (socket) {
			socket.setTcpNoDelay(true);
			InputStream in = new BufferedInputStream(socket.getInputStream());
			OutputStream out = socket.getOutputStream();
			Asked next = read(in, out, connection);
			while (next != null) {
				this.asked.add(next);
				this.script.answer(next, out);
				out.flush();
				next = "close".equals(next.headers().get("connection")) ? null : read(in, out, connection);
			}
		}
		catch (IOException | InterruptedException ex) {
			// the client has gone
		}
	}

	private static @Nullable Asked read(InputStream in, OutputStream out, int connection) throws IOException {
		String[] start = line(in).split(" ");
		if (start.length < 2) {
			return null;
		}
		Map<String, String> headers = new TreeMap<>();
		for (String line = line(in); !line.isEmpty(); line = line(in)) {
			int colon = line.indexOf(':');
			headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
		}
		if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
			// without which a client holds its content back for seconds
			out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
		}
		in.skipNBytes(Long.parseLong(headers.getOrDefault("content-length", "0")));
		return new Asked(start[0], start[1], headers, connection);
	}

	private static String line(InputStream in) throws IOException {
		StringBuilder line = new StringBuilder();
		for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
			if (next != '\r') {
				line.append((char) next);
			}
		}
		return line.toString();
	}

	@Override
	public void close() {
		try {
			this.listener.close();
			for (Socket socket : this.sockets) {
				socket.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A request.
	 *
	 * @param method for example {@code GET}
	 * @param target path and query
	 * @param headers by lower-case name
	 * @param connection counts connections from 1 on
	 */
	public record Asked(String method, String target, Map<String, String> headers, int connection) {

		boolean isListing() {
			return this.target.contains("list-type=2");
		}

	}

	/** Writes an answer, status line and all, or never comes back. */
	public interface Script {

		void answer(Asked request, OutputStream out) throws IOException, InterruptedException;

	}

	/**
	 * An answer.
	 *
	 * @param status for example 200
	 * @param headers without Content-Length
	 * @param body in UTF-8
	 */
	public record Answer(int status, Map<String, String> headers, String body) implements Script {

		/** An answer in XML, as S3 gives them. */
		public static Answer of(int status, String body) {
			return new Answer(status, Map.of("Content-Type", "application/xml"), body);
		}

		/** A web page, as anything else gives them. */
		public static Answer html(int status, String title) {
			return new Answer(status, Map.of("Content-Type", "text/html"),
					"<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>x</h1><br></body></html>"
						.formatted(title));
		}

		@Override
		public void answer(Asked request, OutputStream out) throws IOException {
			byte[] bytes = this.body.getBytes(StandardCharsets.UTF_8);
			StringBuilder head = new StringBuilder("HTTP/1.1 %d Scripted\r\n".formatted(this.status));
			this.headers.forEach((name, value) -> head.append("%s: %s\r\n".formatted(name, value)));
			if (this.status != 204) {
				head.append("Content-Length: %d\r\n".formatted(bytes.length));
			}
			out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
			if (!request.method().equals("HEAD")) {
				out.write(bytes);
			}
		}

	}

}
