package org.litestream4j.boot.actuate;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;

/**
 * Refuses fields of a body, or parameters of a query, that no operation has, as a
 * misspelled one would be left out without a word, and the newest state be restored
 * instead of the one that was meant. Boot drops them before the endpoint is asked, so the
 * endpoint cannot see them. For operations of the litestream endpoint that do something,
 * with whichever web framework; thread-safe.
 */
public final class UnknownArguments implements OperationInvokerAdvisor {

	private static final EndpointId ENDPOINT = EndpointId.of("litestream");

	private final Supplier<@Nullable LitestreamEndpointWebExtension> extension;

	/**
	 * Creates an advisor.
	 * @param extension the extension that refuses in its own words; null if there is none
	 */
	public UnknownArguments(Supplier<@Nullable LitestreamEndpointWebExtension> extension) {
		this.extension = extension;
	}

	@Override
	public OperationInvoker apply(EndpointId endpointId, OperationType operationType, OperationParameters parameters,
			OperationInvoker invoker) {
		if (!endpointId.equals(ENDPOINT) || operationType != OperationType.WRITE) {
			return invoker;
		}
		Set<String> known = new LinkedHashSet<>();
		parameters.forEach((parameter) -> known.add(parameter.getName()));
		return (context) -> invoke(context, known, invoker);
	}

	private @Nullable Object invoke(InvocationContext context, Set<String> known, OperationInvoker invoker) {
		for (String name : context.getArguments().keySet()) {
			LitestreamEndpointWebExtension refusing = known.contains(name) ? null : this.extension.get();
			if (refusing != null) {
				return refusing.refuse(String.valueOf(context.getArguments().get("database")),
						String.valueOf(context.getArguments().get("operation")), name);
			}
		}
		return invoker.invoke(context);
	}

}
