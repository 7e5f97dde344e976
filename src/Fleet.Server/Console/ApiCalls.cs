using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Api.Rpc;
using Grpc.Core;

namespace Fleet.Server.Console;

/// <summary>
/// Calls Fleet's own API inside this process, with the rights of the person who is signed in: the same checks, limits
/// and audit as for a call over the network. The calls of one request run one after the other.
/// </summary>
internal sealed class ApiCalls(HttpContext http)
{
    /// <summary>The methods of a part of the API, for <see cref="Call"/> only.</summary>
    public TRpc Of<TRpc>() where TRpc : class =>
        ActivatorUtilities.GetServiceOrCreateInstance<TRpc>(http.RequestServices);

    /// <summary>Calls a method.</summary>
    /// <param name="method">The method, for example <c>Of&lt;StoresRpc>().Board</c>.</param>
    /// <param name="request">The request.</param>
    /// <param name="merchantCode">For which merchant; null for the one in the path, or that of the key.</param>
    /// <exception cref="PageRefusal">The person may not call it.</exception>
    /// <exception cref="RpcException">The method refused.</exception>
    public async Task<TReply> Call<TRequest, TReply>(
        Func<TRequest, ServerCallContext, Task<TReply>> method, TRequest request, string? merchantCode = null)
        where TRequest : class where TReply : class
    {
        await CheckScope(RequiredOf(method), merchantCode);
        return await Of<FaultInterceptor>().UnaryServerHandler(
            request, new Context(http), new UnaryServerMethod<TRequest, TReply>(method));
    }

    /// <summary>Checks that the person may call a method, without calling it.</summary>
    /// <exception cref="PageRefusal">The person may not call it.</exception>
    public Task CheckRight<TRequest, TReply>(Func<TRequest, ServerCallContext, Task<TReply>> method)
        where TRequest : class where TReply : class => CheckScope(RequiredOf(method), null);

    /// <summary>
    /// Checks the person's key as a route of REST does, for what is no method of gRPC. The caller goes on with the
    /// commands and queries of that route.
    /// </summary>
    /// <param name="required">What the route requires.</param>
    /// <param name="merchantCode">For which merchant; null for the one in the path, or that of the key.</param>
    /// <exception cref="PageRefusal">The person may not call it.</exception>
    public async Task<MerchantScope> Admit(RequiredScopeAttribute required, string? merchantCode = null)
    {
        await CheckScope(required, merchantCode);
        return http.Features.Get<MerchantScope>() ?? throw new PageRefusal(Problem.NoMerchant);
    }

    private static RequiredScopeAttribute RequiredOf(Delegate method) => method.Method
        .GetCustomAttributes(typeof(RequiredScopeAttribute), inherit: true).OfType<RequiredScopeAttribute>().Single();

    private async Task CheckScope(RequiredScopeAttribute required, string? merchantCode)
    {
        var named = merchantCode ?? http.GetRouteValue("merchant_code") as string;
        if (await ScopeCheck.Check(http, required, named) is { } problem) throw new PageRefusal(problem);
    }

    /// <summary>What a method of gRPC sees of a call in this process.</summary>
    private sealed class Context : ServerCallContext
    {
        private readonly HttpContext _http;

        public Context(HttpContext http)
        {
            _http = http;
            UserState["__HttpContext"] = http; // where gRPC's own extension looks for it
        }

        protected override string MethodCore => _http.Request.Path;

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = [];

        protected override CancellationToken CancellationTokenCore => _http.RequestAborted;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore { get; } = new("", []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
            throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
