package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeType;

import org.litestream4j.OperationRunningException;
import org.litestream4j.RestoreException;

/**
 * The endpoint over HTTP: failures become a status and one sentence.
 */
@EndpointWebExtension(endpoint = LitestreamEndpoint.class)
public class LitestreamEndpointWebExtension {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamEndpointWebExtension.class);

	private static final MimeType SQLITE = MimeType.valueOf("application/vnd.sqlite3");

	private final LitestreamEndpoint endpoint;

	/**
	 * Creates the extension of an endpoint.
	 * @param endpoint does what is asked for
	 */
	public LitestreamEndpointWebExtension(LitestreamEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * How all databases stand.
	 * @param limit as the endpoint has it
	 * @param after as the endpoint has it
	 * @return 200 and one page of them, or another status and an error
	 */
	@ReadOperation
	public WebEndpointResponse<Object> databases(@Nullable String limit, @Nullable String after) {
		return respond(() -> this.endpoint.databases(limit, after));
	}

	/**
	 * How one database stands.
	 * @param database its name
	 * @return 200 and its status, or another status and an error
	 */
	@ReadOperation
	public WebEndpointResponse<Object> database(@Selector String database) {
		return respond(() -> this.endpoint.database(database));
	}

	/**
	 * What the replicas of a database hold.
	 * @param database its name
	 * @param listing as the endpoint has it
	 * @param limit as the endpoint has it
	 * @param before as the endpoint has it
	 * @param replica as the endpoint has it
	 * @param from as the endpoint has it
	 * @param to as the endpoint has it
	 * @param transactions as the endpoint has it
	 * @param tables as the endpoint has it
	 * @return 200 and what they hold, or another status and an error
	 */
	@ReadOperation
	public WebEndpointResponse<Object> list(@Selector String database, @Selector String listing, @Nullable String limit,
			@Nullable String before, @Nullable String replica, @Nullable String from, @Nullable String to,
			@Nullable String transactions, @Nullable String tables) {
		return respond(
				() -> this.endpoint.list(database, listing, limit, before, replica, from, to, transactions, tables));
	}

	/**
	 * A database that the endpoint has written, as it is.
	 * @param database whose state it has
	 * @param listing as the endpoint has it: {@code restored}
	 * @param name as listed
	 * @return 200 and the file, or another status and an error
	 */
	@ReadOperation
	public WebEndpointResponse<Object> restored(@Selector String database, @Selector String listing,
			@Selector String name) {
		return respond(() -> this.endpoint.restored(database, listing, name),
				(file) -> new WebEndpointResponse<>(new FileSystemResource(file), WebEndpointResponse.STATUS_OK,
						SQLITE));
	}

	/**
	 * Removes a database that the endpoint has written.
	 * @param database whose state it has
	 * @param listing as the endpoint has it: {@code restored}
	 * @param name as listed
	 * @return 204, or another status and an error
	 */
	@DeleteOperation
	public WebEndpointResponse<Object> remove(@Selector String database, @Selector String listing,
			@Selector String name) {
		return respond(() -> {
			Path file = this.endpoint.restored(database, listing, name);
			Files.deleteIfExists(file);
			return file;
		}, (file) -> new WebEndpointResponse<>(WebEndpointResponse.STATUS_NO_CONTENT));
	}

	/**
	 * Runs an operation with what a JSON body says, if there is one. As it has arguments,
	 * a request needs the content type {@code application/json}, also one without a body:
	 * any web page that is open in an operator's browser could send it otherwise.
	 * @param database its name
	 * @param operation as the endpoint has it
	 * @param timeout as the endpoint has it
	 * @param replica as the endpoint has it
	 * @param outputPath as the endpoint has it
	 * @param timestamp as the endpoint has it
	 * @param generation as the endpoint has it
	 * @param index as the endpoint has it, or a number
	 * @param txid as the endpoint has it, or a number
	 * @param dryRun as the endpoint has it, or a boolean
	 * @param from as the endpoint has it
	 * @param to as the endpoint has it
	 * @param tables as the endpoint has it
	 * @return 200 and what was done, or another status and an error
	 */
	@WriteOperation
	public WebEndpointResponse<Object> run(@Selector String database, @Selector String operation,
			@Nullable Object timeout, @Nullable Object replica, @Nullable Object outputPath, @Nullable Object timestamp,
			@Nullable Object generation, @Nullable Object index, @Nullable Object txid, @Nullable Object dryRun,
			@Nullable Object from, @Nullable Object to, @Nullable Object tables) {
		return respond(() -> this.endpoint.run(database, operation, EndpointArguments.of(timeout, replica, outputPath,
				timestamp, generation, index, txid, dryRun, from, to, tables)));
	}

	/**
	 * Says that the operation does not take an argument, or that there is none such.
	 */
	WebEndpointResponse<Object> refuse(String database, String operation, String argument) {
		return respond(() -> this.endpoint.run(database, operation, EndpointArguments.unknown(argument)));
	}

	private static WebEndpointResponse<Object> respond(Callable<Object> call) {
		return respond(call, (answer) -> new WebEndpointResponse<>(answer, WebEndpointResponse.STATUS_OK));
	}

	private static <T> WebEndpointResponse<Object> respond(Callable<T> call,
			Function<T, WebEndpointResponse<Object>> response) {
		try {
			return response.apply(call.call());
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
