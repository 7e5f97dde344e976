using Fleet.Core.Access;
using Grpc.Core;

namespace Fleet.Server.Access;

/// <summary>Who makes a call. That there is one proves that the key is valid and may call the route.</summary>
/// <param name="Key">The key, and how far it reaches.</param>
/// <param name="RemoteAddress">Where the call comes from; that of a proxy, if there is one.</param>
/// <param name="WorksFor">The merchant the call is for; null when it is about the chain.</param>
internal sealed record Caller(KeyGrant Key, string RemoteAddress, string? WorksFor)
{
    public string KeyId => Key.Id;

    public string KeyName => Key.Name;

    public Scopes Scopes => Key.Scopes;

    /// <summary>The only merchant the key reaches; null for the whole chain.</summary>
    public string? MerchantCode => Key.MerchantCode;

    /// <summary>The only store of that merchant the key reaches; null for all.</summary>
    public string? Store => Key.Store;

    /// <summary>The audit note of this call.</summary>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="subject">The id of what was changed, or empty.</param>
    /// <param name="detail">Names of fields, or ids; never a key, a code or a body.</param>
    public AuditNote MakeNote(string action, string subject = "", string detail = "") =>
        new(KeyId, KeyName, WorksFor ?? "", action, subject, detail, RemoteAddress);
}

internal static class CallerExtensions
{
    /// <summary>Who makes a call of gRPC; every method requires a scope.</summary>
    public static Caller GetCaller(this ServerCallContext context) => context.GetHttpContext().GetCaller();

    /// <summary>Who makes a request, to a route that requires a scope.</summary>
    public static Caller GetCaller(this HttpContext http) =>
        http.Features.Get<Caller>() ?? throw new InvalidOperationException($"{http.Request.Path} asks for no scope.");
}
