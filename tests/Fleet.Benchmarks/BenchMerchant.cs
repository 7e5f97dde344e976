using System.Security.Cryptography;
using System.Text;

namespace Fleet.Benchmarks;

/// <summary>The one merchant of both sides, and the key of its tills.</summary>
internal static class BenchMerchant
{
    public const string Code = "MBENCH01";
    public const string Key = "sup_sk_MvxOLOMlVWJcLmFnmvnnLOXUmTJSrp8e";

    public static readonly string KeyHash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
}
