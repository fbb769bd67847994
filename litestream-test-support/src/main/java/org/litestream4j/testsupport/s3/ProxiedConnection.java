package org.litestream4j.testsupport.s3;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/** One client's connection, and the one to the server that belongs to it. */
final class ProxiedConnection {

	private final Socket client;

	private final int upstreamPort;

	private final Faults faults;

	private final RequestLog log;

	private volatile @Nullable Socket upstream;

	ProxiedConnection(Socket client, int upstreamPort, Faults faults, RequestLog log) {
		this.client = client;
		this.upstreamPort = upstreamPort;
		this.faults = faults;
		this.log = log;
	}

	/** Serves requests until either side ends the connection or a fault does. */
	void run() {
		try (Socket clientSocket = this.client;
				Socket server = new Socket(InetAddress.getLoopbackAddress(), this.upstreamPort)) {
			this.upstream = server;
			clientSocket.setTcpNoDelay(true);
			server.setTcpNoDelay(true);
			InputStream fromClient = new BufferedInputStream(clientSocket.getInputStream());
			OutputStream toClient = new BufferedOutputStream(clientSocket.getOutputStream());
			InputStream fromServer = new BufferedInputStream(server.getInputStream());
			OutputStream toServer = new BufferedOutputStream(server.getOutputStream());
			boolean open = true;
			while (open) {
				HttpHead request = HttpHead.read(fromClient);
				open = request != null && serve(request, fromClient, toClient, fromServer, toServer);
			}
		}
		catch (IOException ex) {
			reset(); // one side is gone: let the other one know
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			reset();
		}
	}

	/** Resets both sides. Any thread may call it. */
	void reset() {
		FaultProxy.reset(this.client);
		Socket server = this.upstream;
		if (server != null) {
			FaultProxy.reset(server);
		}
	}

	private boolean serve(HttpHead request, InputStream fromClient, OutputStream toClient, InputStream fromServer,
			OutputStream toServer) throws IOException, InterruptedException {
		S3Request s3Request = S3Request.of(request);
		this.log.add(s3Request);
		pause(this.faults.latency());
		Fault fault = this.faults.take(s3Request);
		if (fault instanceof Fault.Delay delay) {
			pause(delay.duration());
		}
		if (fault instanceof Fault.Meeting meeting) {
			meeting.attend();
		}
		if (fault instanceof Fault.Answer answer) {
			answer(answer, request, fromClient, toClient);
			return false;
		}
		if (fault instanceof Fault.LateEffect late) {
			carryOutLate(late, request, fromClient, toClient, fromServer, toServer);
			return false;
		}
		request.writeTo(toServer);
		toServer.flush();
		if (request.expectsContinue()) {
			HttpHead interim = readHead(fromServer);
			if (interim.status() != 100) {
				respond(interim, false, new Fault.Delay(Duration.ZERO), fromServer, toClient);
				return false;
			}
			interim.writeTo(toClient);
			toClient.flush();
		}
		long uploadLimit = (fault instanceof Fault.ResetUpload reset) ? reset.afterBytes() : Long.MAX_VALUE;
		if (!relayRequestBody(request, fromClient, toServer, uploadLimit)) {
			reset();
			return false;
		}
		HttpHead response = readHead(fromServer);
		while (response.status() == 100) {
			response = readHead(fromServer);
		}
		if (response.status() / 100 == 2) {
			this.log.addSucceeded(s3Request);
		}
		if (fault instanceof Fault.LateAnswer late) {
			pause(late.duration());
		}
		boolean toHead = request.startLine().startsWith("HEAD ");
		return respond(response, toHead, fault, fromServer, toClient) && !request.closesConnection();
	}

	/** Nobody waits for the answer any more. */
	private void carryOutLate(Fault.LateEffect late, HttpHead request, InputStream fromClient, OutputStream toClient,
			InputStream fromServer, OutputStream toServer) throws IOException, InterruptedException {
		if (request.expectsContinue()) {
			toClient.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
			toClient.flush();
		}
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		relayRequestBody(request, fromClient, body, Long.MAX_VALUE);
		FaultProxy.reset(this.client);
		pause(late.duration());
		request.writeTo(toServer);
		toServer.flush();
		body.writeTo(toServer);
		toServer.flush();
		HttpHead response = readHead(fromServer);
		while (response.status() == 100) {
			response = readHead(fromServer);
		}
		if (response.status() / 100 == 2) {
			this.log.addSucceeded(S3Request.of(request));
		}
	}

	/** Returns false if the fault has struck. */
	private boolean respond(HttpHead response, boolean toHead, Fault fault, InputStream fromServer,
			OutputStream toClient) throws IOException {
		long length = response.responseBodyLength(toHead);
		if (fault instanceof Fault.LoseAnswer) {
			// What joins parts begins its answer before it has joined them
			loseBody(response, length, fromServer);
			reset();
			return false;
		}
		response.writeTo(toClient);
		if (length != 0 && response.isChunked()) {
			relayChunks(fromServer, toClient);
		}
		else {
			long limit = (fault instanceof Fault.ResetDownload reset) ? reset.afterBytes()
					: (fault instanceof Fault.TruncateDownload truncate) ? truncate.afterBytes() : Long.MAX_VALUE;
			relay(fromServer, toClient, (length < 0) ? limit : Math.min(length, limit), length < 0);
			if (limit < Long.MAX_VALUE) {
				toClient.flush();
				if (fault instanceof Fault.ResetDownload) {
					reset();
				}
				return false;
			}
		}
		toClient.flush();
		return !response.closesConnection() && (length >= 0 || response.isChunked());
	}

	private static void loseBody(HttpHead response, long length, InputStream fromServer) throws IOException {
		if (length != 0 && response.isChunked()) {
			relayChunks(fromServer, OutputStream.nullOutputStream());
		}
		else {
			relay(fromServer, OutputStream.nullOutputStream(), (length < 0) ? Long.MAX_VALUE : length, length < 0);
		}
	}

	private void answer(Fault.Answer answer, HttpHead request, InputStream fromClient, OutputStream toClient)
			throws IOException {
		if (!request.expectsContinue()) {
			relayRequestBody(request, fromClient, OutputStream.nullOutputStream(), Long.MAX_VALUE);
		}
		byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
		boolean toHead = request.startLine().startsWith("HEAD ");
		toClient.write("""
				HTTP/1.1 %d Fault\r
				Content-Type: application/xml\r
				ETag: "fault"\r
				Content-Length: %d\r
				Connection: close\r
				\r
				""".formatted(answer.status(), toHead ? 0 : body.length).getBytes(StandardCharsets.UTF_8));
		if (!toHead) {
			toClient.write(body);
		}
		toClient.flush();
	}

	/** Returns false if the limit was met. */
	private static boolean relayRequestBody(HttpHead request, InputStream in, OutputStream out, long limit)
			throws IOException {
		if (request.isChunked()) {
			relayChunks(in, out);
		}
		else {
			relay(in, out, Math.min(limit, request.requestBodyLength()), false);
		}
		out.flush();
		return limit == Long.MAX_VALUE;
	}

	private static void relay(InputStream in, OutputStream out, long length, boolean untilEnd) throws IOException {
		byte[] buffer = new byte[64 << 10];
		long remaining = length;
		while (remaining > 0) {
			int count = in.read(buffer, 0, (int) Math.min(buffer.length, remaining));
			if (count < 0) {
				if (untilEnd) {
					return;
				}
				throw new EOFException("the connection ended %d bytes before its message".formatted(remaining));
			}
			out.write(buffer, 0, count);
			remaining -= count;
		}
	}

	/* Chunked body: (<hex length>CRLF <bytes> CRLF)* 0 CRLF trailer* CRLF */
	private static void relayChunks(InputStream in, OutputStream out) throws IOException {
		while (true) {
			String line = relayLine(in, out);
			long length = Long.parseLong(line.split(";")[0].strip(), 16);
			if (length == 0) {
				break;
			}
			relay(in, out, length + 2, false);
		}
		String trailer = relayLine(in, out);
		while (!trailer.isEmpty()) {
			trailer = relayLine(in, out);
		}
	}

	private static String relayLine(InputStream in, OutputStream out) throws IOException {
		StringBuilder line = new StringBuilder();
		int next = in.read();
		while (next >= 0 && next != '\n') {
			out.write(next);
			if (next != '\r') {
				line.append((char) next);
			}
			next = in.read();
		}
		if (next < 0) {
			throw new EOFException("the connection ended inside a chunked message");
		}
		out.write('\n');
		return line.toString();
	}

	private static HttpHead readHead(InputStream in) throws IOException {
		HttpHead head = HttpHead.read(in);
		if (head == null) {
			throw new EOFException("the server has closed the connection");
		}
		return head;
	}

	private static void pause(Duration duration) throws InterruptedException {
		if (!duration.isZero()) {
			Thread.sleep(duration.toMillis());
		}
	}

}
