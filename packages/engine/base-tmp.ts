const N=1_000_000;
class It { i=0; next(){ return Promise.resolve(this.i++ < N ? {done:false, value:this}:{done:true,value:undefined}) } [Symbol.asyncIterator](){return this} return(){return Promise.resolve({done:true,value:undefined})}}
async function* gen(){ for(let i=0;i<N;i++) yield i }
for (let r=0;r<3;r++){ let t=performance.now(); let n=0; for await (const x of new It() as any) n++; console.log('bare', n/(performance.now()-t)); t=performance.now(); n=0; for await (const x of gen()) n++; console.log('gen', n/(performance.now()-t));
const img=new Uint8Array(262144); t=performance.now(); let k=0; for(let i=0;i<N;i++){ const a=img.slice(i%1000,i%1000+10); const b=img.slice(i%2000,i%2000+64); k+=a.length+b.length } console.log('slice', N/(performance.now()-t));
t=performance.now(); for(let i=0;i<N;i++){ const a=new Uint8Array(10); for(let j=0;j<10;j++)a[j]=img[i%1000+j]!; const b=new Uint8Array(64); b.set(img.subarray(i%2000,i%2000+64));  k+=a.length+b.length } console.log('alloc', N/(performance.now()-t));
t=performance.now(); const buf=new ArrayBuffer(262144); for(let i=0;i<N;i++){ const a=new Uint8Array(buf,i%1000,10); const b=new Uint8Array(buf,i%1000,64);  k+=a.length+b.length } console.log('view', N/(performance.now()-t));
}
