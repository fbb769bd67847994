package org.litestream4j.testsupport.s3;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * An S3 server on a random loopback port that keeps its objects as files below a
 * directory. Clients talk to {@link #endpoint()}, where requests are counted and
 * {@link #faults() faults} strike. Thread-safe.
 */
public final class S3TestServer implements AutoCloseable {

	/** The only access key id the server knows. */
	public static final String ACCESS_KEY_ID = "AKIATESTTESTTESTTEST";

	/** The secret that belongs to it. */
	public static final String SECRET_ACCESS_KEY = "planted/secret+key/planted/secret+key000";

	/** Any region will do; this is the one to use. */
	public static final String REGION = "us-east-1";

	private final BlobStore store;

	private final S3Proxy server;

	private final FaultProxy proxy;

	private final Faults faults;

	private final RequestLog requests;

	private S3TestServer(BlobStore store, S3Proxy server, FaultProxy proxy, Faults faults, RequestLog requests) {
		this.store = store;
		this.server = server;
		this.proxy = proxy;
		this.faults = faults;
		this.requests = requests;
	}

	/**
	 * Starts a server.
	 * @param directory keeps the objects, bucket by bucket; created if missing
	 */
	public static S3TestServer start(Path directory) {
		try {
			Files.createDirectories(directory);
			BlobStore store = new LockingBlobStore(BlobStores.create("filesystem-nio2", properties(directory)));
			S3Proxy server = S3Proxy.builder()
				.blobStore(store)
				.endpoint(URI.create("http://127.0.0.1:0"))
				.awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
				.ignoreUnknownHeaders(true)
				.stopTimeout(0)
				.build();
			server.start();
			Faults faults = new Faults();
			RequestLog requests = new RequestLog();
			FaultProxy proxy = new FaultProxy(server.getPort(), faults, requests);
			proxy.up();
			return new S3TestServer(store, server, proxy, faults, requests);
		}
		catch (Exception ex) {
			throw new IllegalStateException("the S3 test server did not start", ex);
		}
	}

	private static Properties properties(Path directory) {
		Properties properties = new Properties();
		properties.setProperty("jclouds.identity", ACCESS_KEY_ID);
		properties.setProperty("jclouds.credential", SECRET_ACCESS_KEY);
		properties.setProperty("jclouds.filesystem.basedir", directory.toString());
		return properties;
	}

	/**
	 * Where clients connect to; stays the same over {@link #down()} and {@link #up()}.
	 */
	public URI endpoint() {
		return URI.create("http://127.0.0.1:" + this.proxy.port());
	}

	/** The server itself: no faults, no counting. */
	public URI directEndpoint() {
		return URI.create("http://127.0.0.1:" + this.server.getPort());
	}

	/** How the server misbehaves. */
	public Faults faults() {
		return this.faults;
	}

	/** What the server was asked. */
	public RequestLog requests() {
		return this.requests;
	}

	/** Creates a bucket, without a request that is counted. */
	public void createBucket(String bucket) {
		this.store.createContainer(CreateBucketRequest.builder().bucket(bucket).build());
	}

	/** The keys in a bucket, in order, without a request that is counted. */
	public List<String> keys(String bucket) {
		List<String> keys = new ArrayList<>();
		String token = null;
		do {
			ListObjectsV2Response page = this.store
				.list(ListObjectsV2Request.builder().bucket(bucket).continuationToken(token).build());
			page.contents().stream().map(S3Object::key).forEach(keys::add);
			token = page.nextContinuationToken();
		}
		while (token != null);
		return keys;
	}

	/** How many multipart uploads were begun, and neither completed nor aborted. */
	public int unfinishedUploads(String bucket) {
		return this.store.listMultipartUploads(bucket).size();
	}

	/** Refuses connections, and resets the ones that are open. */
	public void down() {
		this.proxy.down();
	}

	/** Listens again, on the same port. */
	public void up() {
		this.proxy.up();
	}

	@Override
	public void close() {
		this.proxy.close();
		try {
			this.server.stop();
		}
		catch (Exception ex) {
			throw new IllegalStateException("the S3 test server did not stop", ex);
		}
		this.store.close();
	}

}
