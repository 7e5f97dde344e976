using Orleans;

namespace Fleet.Core.Access;

/// <summary>
/// What the audit records of a call that changed something. It travels with the call and is saved together with the
/// change. A text that does not apply is empty.
/// </summary>
/// <param name="KeyId">The key's id, never the key.</param>
/// <param name="KeyName">What people call the key.</param>
/// <param name="MerchantCode">The merchant it is about.</param>
/// <param name="Action">One of <see cref="AuditAction"/>.</param>
/// <param name="Subject">The id of what was changed.</param>
/// <param name="Detail">Names of fields, or ids.</param>
/// <param name="RemoteAddress">Where the call came from.</param>
[GenerateSerializer, Immutable, Alias("fleet.audit-note")]
public sealed record AuditNote(
    [property: Id(0)] string KeyId,
    [property: Id(1)] string KeyName,
    [property: Id(2)] string MerchantCode,
    [property: Id(3)] string Action,
    [property: Id(4)] string Subject,
    [property: Id(5)] string Detail,
    [property: Id(6)] string RemoteAddress);
