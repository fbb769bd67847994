package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

import org.litestream4j.OperationRunningException;
import org.litestream4j.restore.RestoreException;

/**
 * The endpoint over HTTP: failures become a status and one sentence.
 */
@EndpointWebExtension(endpoint = LitestreamEndpoint.class)
public class LitestreamEndpointWebExtension {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamEndpointWebExtension.class);

	private final LitestreamEndpoint endpoint;

	/** Creates the extension of an endpoint. */
	public LitestreamEndpointWebExtension(LitestreamEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/** How all databases stand. */
	@ReadOperation
	public WebEndpointResponse<Object> databases() {
		return respond(this.endpoint::databases);
	}

	/** How one database stands. */
	@ReadOperation
	public WebEndpointResponse<Object> database(@Selector String database) {
		return respond(() -> this.endpoint.database(database));
	}

	/** What the replicas of a database hold. */
	@ReadOperation
	public WebEndpointResponse<Object> list(@Selector String database, @Selector String listing, @Nullable String limit,
			@Nullable String before) {
		return respond(() -> this.endpoint.list(database, listing, limit, before));
	}

	/**
	 * Runs an operation with what a JSON body says, if there is one. As it has arguments,
	 * a request needs the content type {@code application/json}, also one without a body:
	 * any web page that is open in an operator's browser could send it otherwise.
	 */
	@WriteOperation
	public WebEndpointResponse<Object> run(@Selector String database, @Selector String operation,
			@Nullable Object timeout, @Nullable Object replica, @Nullable Object outputPath, @Nullable Object timestamp,
			@Nullable Object generation, @Nullable Object index, @Nullable Object dryRun) {
		return respond(() -> this.endpoint.run(database, operation,
				EndpointArguments.of(timeout, replica, outputPath, timestamp, generation, index, dryRun)));
	}

	private static WebEndpointResponse<Object> respond(Callable<Object> call) {
		try {
			return new WebEndpointResponse<>(call.call(), WebEndpointResponse.STATUS_OK);
		}
		catch (EndpointRequestException ex) {
			return error(ex.status(), ex);
		}
		catch (OperationRunningException ex) {
			return error(409, ex);
		}
		catch (TimeoutException ex) {
			return error(504, ex);
		}
		catch (RestoreException ex) {
			return error(status(ex.kind()), ex);
		}
		catch (IllegalArgumentException ex) {
			return error(400, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return error(503, ex);
		}
		catch (IOException ex) {
			logger.warn("A request to the litestream endpoint failed: {}", ex.getMessage());
			logger.debug("The failure", ex);
			return error(500, ex);
		}
		catch (Exception ex) {
			logger.error("A request to the litestream endpoint failed", ex);
			return error(500, ex);
		}
	}

	private static int status(RestoreException.Kind kind) {
		return switch (kind) {
			case NO_BACKUP, NO_SUCH_STATE -> 400;
			case OUTPUT_EXISTS -> 409;
			case DAMAGED, CHECK_FAILED -> 500;
			case CANCELLED -> 503;
		};
	}

	private static WebEndpointResponse<Object> error(int status, Exception ex) {
		String message = ex.getMessage();
		String sentence = (message != null && !message.isBlank()) ? message
				: "failed: " + ex.getClass().getSimpleName();
		return new WebEndpointResponse<>(Map.of("error", sentence), status);
	}

}
